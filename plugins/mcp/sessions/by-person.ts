// Which sessions each person has, so that nobody can fill storage with them: beyond a bound the oldest gives way, and
// its client begins anew (MCP 2025-11-25 "Session Management": a server may end a session at any time).
import type { Clock } from '../../../clock.ts'
import type { Storage } from '../../storage/contract.ts'

export const MAX_PER_GRANT = 50
export const MAX_PER_PERSON = 100
/** Behind one address there may be many people, where nobody signs in. */
export const MAX_PER_ADDRESS = 1_000
/** When there are this many in all, each person goes on with a few. */
const MAX_IN_ALL = 10_000
const MAX_PER_PERSON_THEN = 5

interface Listed {
  key: string
  grant: string | null
  /** Seconds since the epoch. */ endsAt: number
}

export interface SessionsByPerson {
  /** @returns the keys of those that give way. */
  add(caller: string, session: Listed): Promise<string[]>
  remove(caller: string, key: string): Promise<void>
}

const COUNTER = 'sessions in all'

export function createSessionsByPerson (storage: Storage, now: Clock): SessionsByPerson {
  const lists = storage.collection<{ sessions: Listed[] }>('mcpSessionList')
  /** @param decide which of those that are alive stay. @returns those that do not. */
  const change = (caller: string, decide: (alive: Listed[]) => Listed[]) =>
    lists.update<Listed[]>(caller, (list) => {
      const alive = (list?.sessions ?? []).filter(({ endsAt }) => endsAt > now())
      const sessions = decide(alive)
      const gone = alive.filter((session) => !sessions.includes(session))
      if (sessions.length === 0) return { remove: true, result: gone }
      return {
        write: { record: { sessions }, ttl: Math.max(1, ...sessions.map(({ endsAt }) => endsAt - now())) },
        result: gone
      }
    })
  /** Those that end by themselves are not taken off: the counter begins anew after as long as a session can last. */
  const count = async (by: number, ttl: number) => {
    if (by !== 0) await storage.count([{ key: COUNTER, by, ttl }])
  }

  return {
    async add (caller, session) {
      const [inAll] = await storage.counts([COUNTER])
      const most =
        inAll! >= MAX_IN_ALL ? MAX_PER_PERSON_THEN : session.grant === null ? MAX_PER_ADDRESS : MAX_PER_PERSON
      const gone = await change(caller, (alive) => {
        const ofGrant = session.grant === null ? [] : alive.filter(({ grant }) => grant === session.grant)
        const over = new Set(ofGrant.slice(0, Math.max(0, ofGrant.length + 1 - MAX_PER_GRANT)))
        return [...alive.filter((each) => !over.has(each)), session].slice(-most)
      })
      await count(1 - gone.length, session.endsAt - now())
      return gone.map(({ key }) => key)
    },
    async remove (caller, key) {
      const gone = await change(caller, (alive) => alive.filter((session) => session.key !== key))
      await count(-gone.length, 86_400)
    }
  }
}
