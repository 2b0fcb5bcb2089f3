// Owners of a running server, for tests of the pages below /admin.
import { Browser, type Page } from './browser.ts'
import { PASSWORD } from './with-mail.ts'
import type { TestServer } from './server.ts'

export { PASSWORD }

/** A person with a password, signed in a moment ago. */
export async function signedUp ({ url, app }: Pick<TestServer, 'url' | 'app'>, email: string): Promise<{ browser: Browser; id: string }> {
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', { email, password: PASSWORD })
  const people = await Array.fromAsync(app.signIn.lifecycle.all())
  return { browser, id: people.find((user) => user.email === email)!.id }
}

/** {@link signedUp}, and made an owner. */
export async function signedUpOwner (server: Pick<TestServer, 'url' | 'app'>, email = 'owner@example.com'): Promise<{ browser: Browser; id: string }> {
  const owner = await signedUp(server, email)
  await server.app.signIn.lifecycle.setOwner(owner.id, true)
  return owner
}

/** Sends the form of a page whose button does `act`. */
export const act = (browser: Browser, page: Page, name: string, more: Record<string, string> = {}): Promise<Page> =>
  browser.submit(page, ({ fields }) => fields['act'] === name, more)
