// Sessions at a service that the test answers for.
import { BackendUnavailable, type AuthBackend } from '../../../auth-backends/contract.ts'
import { createUpstreamSessions, type UpstreamSessions } from '../../../plugins/upstream-sessions/index.ts'
import type { BackendSession } from '../../../plugins/upstream-sessions/refresh.ts'
import { StorageUnavailable, type Storage } from '../../../plugins/storage/contract.ts'
import { createSealing } from '../../../plugins/secrets.ts'

const KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'

/** A service whose tokens work once each. */
function service () {
  const state = {
    generation: 0,
    asked: 0,
    ended: [] as string[],
    groups: undefined as string[] | undefined,
    /** `half`: it gives a new token, and then cannot say who has it. */
    answer: 'renew' as 'renew' | 'over' | 'away' | 'half',
    /** Storage, while what refers to a session is ended. */
    isAway: false,
    /** While it is asked, once. */
    meanwhile: undefined as (() => Promise<void>) | undefined,
    wait: Promise.resolve(),
    hanging: Promise.resolve(),
    throwsAtOnce: false,
    /** What it answers in the place of a session, once. */
    instead: [] as unknown[]
  }
  const backend: AuthBackend = {
    title: 'Service',
    sessions: {
      async renew (session) {
        state.asked++
        await state.wait
        await state.meanwhile?.()
        state.meanwhile = undefined
        if (state.answer === 'half') throw new BackendUnavailable('away', { session: `token ${++state.generation}` })
        if (state.answer === 'away') throw new BackendUnavailable('away')
        if (state.answer === 'over' || session !== `token ${state.generation}`) return null
        if (state.instead.length > 0) return state.instead.shift() as string
        const next = `token ${++state.generation}`
        return state.groups ? { session: next, person: { subject: 'ann', groups: state.groups } } : next
      },
      end (session) {
        state.ended.push(session)
        if (state.throwsAtOnce) throw new Error('a module of our own')
        return state.hanging
      },
      onBehalfOf: { service: 'service', open: (session) => ({ session }), claims: (session) => ({ of: session }) }
    }
  }
  return { state, backends: new Map([['service', backend]]) }
}

let opened = 0

export async function open (storage: Storage, instances = 1) {
  const clock = { now: 1_800_000_000, leapt: 0 }
  const { state, backends } = service()
  const over: string[][] = []
  const named: string[][] = []
  const stored = storage.collection<BackendSession>(`session${opened++}`)
  const writes = { count: 0 }
  const store: typeof stored = {
    ...stored,
    update: (id, decide) => stored.update(id, (found) => {
      const change = decide(found)
      if (change.write) writes.count++
      return change
    })
  }
  const all = Array.from({ length: instances }, () =>
    createUpstreamSessions({
      store,
      backends,
      sealing: createSealing([KEY]),
      now: () => clock.now,
      settled: { now: () => clock.now - clock.leapt },
      log: { warn () {} },
      onRenewed: async ({ backend, subject }, groups) => {
        named.push([backend, subject, ...groups])
      },
      onEnd: async (holders) => {
        if (state.isAway) throw new StorageUnavailable('away')
        over.push(holders)
      }
    })
  )
  return { clock, state, store, over, named, writes, all, sessions: all[0]! as UpstreamSessions }
}

export const grant = (id: string, backendSession: string, expiresAt: number) =>
  ({ id, backendSession, refresh: { expiresAt }, accessTokens: {} }) as never
