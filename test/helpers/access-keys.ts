// People with access keys, for tests: a demo user or any other person, and the key as a program holds it.
import { Browser } from './browser.ts'
import { asDemo } from './sdk-client.ts'
import type { TestServer } from './server.ts'

/** Signs in with one click. @returns the browser, and the id of the new person. */
export async function demoPerson ({ url, app }: TestServer): Promise<{ browser: Browser; id: string }> {
  const browser = new Browser()
  await asDemo(browser, await browser.get(`${url}/login`))
  const people = await Array.fromAsync(app.signIn.lifecycle.all())
  // Two people of one second are told apart by their name, which counts up.
  const before = new Set(known.get(app) ?? [])
  const { id } = people.find((person) => !before.has(person.id))!
  known.set(app, people.map((person) => person.id))
  return { browser, id }
}

/** People that were there at the last look. */
const known = new WeakMap<object, string[]>()

/** A key for a person, as the operator makes it. @returns the key in clear, and its id. */
export async function keyFor (
  { app }: Pick<TestServer, 'app'>,
  userId: string,
  { name = 'Nightly', scopes = ['mcp:read', 'mcp:write'], days = 90 } = {}
): Promise<{ secret: string; id: string }> {
  const { key, secret } = await app.accessKeys.create({ userId, name, scopes, days })
  return { secret, id: key.id }
}
