// When a second factor counts as shown, where somebody else vouches for it.
import t from 'tap'
import { createEntry } from '../../../plugins/sign-in/entry.ts'
import type { SessionOpening } from '../../../plugins/sign-in/sessions.ts'

const NOW = 1_800_000_000

/** A sign-in of somebody who needs nothing more. @returns what the session is opened with. */
async function opened (provenAt: number | undefined, shown: { secondFactor?: boolean; passkey?: boolean }) {
  const openings: SessionOpening[] = []
  const entry = createEntry({
    app: { now: () => NOW, secondFactors: { neededAfter: async () => 'nothing' } },
    interactions: { find: async () => ({}) },
    admissions: { join: async () => undefined },
    sessions: { open: async (_request: unknown, _reply: unknown, _handle: string, opening: SessionOpening) => openings.push(opening) }
  } as never)
  await entry.enter({} as never, {} as never, 'handle', { user: { id: 'ann' } as never, backend: 'oidc', provenAt, shown })
  return openings[0]
}

t.test('a factor that a service vouches for was shown when it says, not when the browser came back (FL-03)', async (t) => {
  t.match(await opened(NOW - 290, { secondFactor: true }), { factorAt: NOW - 290 })
  t.match(await opened(undefined, { secondFactor: true }), { factorAt: NOW }, 'where it says nothing: now')
  t.match(await opened(NOW, { passkey: true }), { factorAt: NOW })
  t.equal((await opened(NOW, {}))?.factorAt, undefined)
})
