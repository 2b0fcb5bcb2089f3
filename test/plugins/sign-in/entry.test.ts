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

/** Who waits for a second factor, and what has become of them since. */
interface Since {
  user?: object | undefined
  hasBackend?: boolean
  mayHold?: boolean
  signedIn?: string | undefined
}

function waiting (needs: 'verify' | 'step-up', { user = { id: 'ann', sessionEpoch: 2 }, hasBackend = true, mayHold = true, signedIn = 'ann' }: Since) {
  const pending = { userId: 'ann', backend: 'local', epoch: 2, needs, tries: 0 }
  const entry = createEntry({
    app: {},
    backends: { has: () => hasBackend },
    interactions: { find: async () => ({ pending }) },
    lifecycle: { find: async () => user, mayHoldTokens: async () => mayHold },
    sessions: { user: async () => (signedIn === '' ? undefined : { id: signedIn }) }
  } as never)
  return entry.findWaiting({} as never, 'handle')
}

t.test('who waits for a factor goes on only as the person who began, in the session that they began in (FL-03)', async (t) => {
  for (const needs of ['verify', 'step-up'] as const) {
    t.match(await waiting(needs, {}), { user: { id: 'ann' } })
    for (const [what, since] of Object.entries({
      deleted: { user: null as never },
      'signed out everywhere': { user: { id: 'ann', sessionEpoch: 3 } },
      'never counted': { user: { id: 'ann' } },
      'the backend is off': { hasBackend: false },
      'the way is gone, or they are locked': { mayHold: false }
    })) await t.rejects(waiting(needs, since), { code: 'sign_in_expired' }, `${needs}: ${what}`)
  }
  for (const signedIn of ['', 'bob']) {
    await t.rejects(waiting('step-up', { signedIn }), { code: 'sign_in_expired' }, `step-up as ${signedIn || 'nobody'}`)
    t.match(await waiting('verify', { signedIn }), { user: { id: 'ann' } })
  }
})
