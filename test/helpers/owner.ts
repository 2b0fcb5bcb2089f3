// An owner of a running server, in their browser.
import type { Browser } from './browser.ts'
import { demoPerson } from './access-keys.ts'
import type { TestServer } from './server.ts'

/** A new demo person, made an owner. */
export async function demoOwner (server: TestServer): Promise<{ browser: Browser; id: string; setOwner(is: boolean): Promise<void> }> {
  const person = await demoPerson(server)
  const setOwner = (is: boolean) =>
    server.app.userStore.records.update<void>(person.id, (user) => {
      const { isOwner: _, ...rest } = user!
      return { write: { record: { ...rest, ...(is && { isOwner: true as const }) }, ttl: null }, result: undefined }
    })
  await setOwner(true)
  return { ...person, setOwner }
}
