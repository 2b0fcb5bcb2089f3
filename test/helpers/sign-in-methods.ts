// A server whose people sign in by password, by one click, and by two backends of names, for tests of sign-in methods.
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Browser, type Page } from './browser.ts'
import { newClient, post, walk } from './oauth.ts'
import { startSmtp } from './smtp.ts'
import { type Start } from './storages.ts'
import { folder } from './tool-context.ts'
import { startWithMail } from './with-mail.ts'

export const smtp = await startSmtp()

t.teardown(() => smtp.stop())

/** A backend whose people sign in with their name alone. */
export async function backendOfNames (t: Test, title = 'Second'): Promise<string> {
  const path = join(await folder(t), 'second.ts')
  await writeFile(
    path,
    `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
export default { env: z.object({}), open: () => ({ title: ${JSON.stringify(title)}, password: { label: 'Name', verify: async ({ identifier, password }) => password === 'pw'
  ? { subject: identifier, name: identifier, ...(identifier.includes('@') && { email: identifier, emailVerified: true }) } : null } }) }
`
  )
  return path
}

export async function place (t: Test, start: Start) {
  const clock = { now: 1_800_000_000 }
  const [second, third] = [await backendOfNames(t), await backendOfNames(t, 'Third')]
  const server = await startWithMail(smtp, start, {
    now: () => clock.now,
    env: { AUTH_BACKEND: `local,demo,${second},${third}` }
  })
  const { url, app } = server
  const enter = async (browser: Browser, page: Page, name: string) =>
    browser.submit(page, ({ fields }) => fields['backend'] === second, { email: name, password: 'pw' })
  const throughSecond = async (name: string, browser = new Browser()) =>
    enter(browser, await browser.get(`${url}/login`), name)
  const address = () => `${randomUUID()}@example.org`
  const userOf = async (email: string) =>
    (await Array.fromAsync(app.signIn.lifecycle.all())).find((user) => user.email === email)!
  const begin = async (browser: Browser) =>
    browser.submit(await browser.get(`${url}/account`), ({ action }) => action === '/account/sign-in')
  /** An app that was connected, and an access key that was made, by the second backend. */
  const accessThroughSecond = async (name: string, userId: string) => {
    const browser = new Browser()
    await throughSecond(name, browser)
    const client = await newClient(url)
    const { form } = await walk(url, client, {}, browser)
    const { body } = await post(`${url}/token`, form)
    const { secret: key } = await app.accessKeys.create({
      userId,
      name: 'n8n',
      scopes: ['mcp:read'],
      days: 9,
      backend: second
    })
    return { client, access: body['access_token'] as string, refresh: body['refresh_token'] as string, key }
  }
  const events = async (id: string) =>
    (await app.audit.ofUser(id, 100)).map(({ event, reason }) => [event, reason].filter(Boolean).join(' '))
  return { ...server, clock, enter, throughSecond, accessThroughSecond, address, userOf, begin, events }
}

export const yes = (browser: Browser, page: Page) => browser.submit(page, () => true)
