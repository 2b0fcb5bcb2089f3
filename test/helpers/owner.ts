// An owner who is signed in, for tests of the administration.
import type { Browser } from './browser.ts'
import { demoPerson } from './access-keys.ts'
import type { TestServer } from './server.ts'

/** @returns the browser, and the id. */
export async function ownerOf (server: TestServer): Promise<{ browser: Browser; id: string }> {
  const { browser, id } = await demoPerson(server)
  const { records } = server.app.userStore
  await records.update(id, (user) => ({ write: { record: { ...user!, isOwner: true }, ttl: null }, result: undefined }))
  return { browser, id }
}
