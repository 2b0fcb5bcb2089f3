// Which sessions each person has, so that no one can fill storage with them: beyond a bound the oldest is dropped, and
// its client initializes again (MCP 2025-11-25 "Session Management": a server may end a session at any time).
import type { FastifyInstance } from 'fastify'
import { siteOf } from '../../client-address.ts'
import { createUnusedPlaces, type UnusedList } from '../../oauth/clients/unused-places.ts'

export const MAX_PER_GRANT = 50
export const MAX_PER_PERSON = 100
/** Without sign-in many people may share one address. */
export const MAX_PER_ADDRESS = 1_000
/** When there are this many in all, each person may have only a few. */
const MAX_IN_ALL = 10_000
const MAX_PER_PERSON_WHEN_FULL = 5
/**
 * Anyone has as many addresses as they like: only so many have sessions. On each list the address that began none for
 * longest gives way, and all addresses of a site are on one list.
 */
export const ADDRESS_PLACES = { lists: 64, perList: 64 } as const

interface Listed {
  key: string
  grant: string | null
  /** Seconds since the epoch. */
  endsAt: number
}

export interface SessionsByPerson {
  /**
   * @param address of a caller without sign-in.
   * @returns the keys of those that have to be deleted to make room.
   */
  add(caller: string, session: Listed, address?: string): Promise<string[]>
  remove(caller: string, key: string): Promise<void>
  /** @returns the keys of all that were listed. */
  removeAll(caller: string): Promise<string[]>
}

/** Of a session; then its client initializes again. */
export const LIFETIME_SECONDS = 86_400
/** Sessions are counted by the time at which they end, so that those that have expired count no longer. */
const PERIOD_SECONDS = 3_600

const periodOf = (time: number): number => Math.floor(time / PERIOD_SECONDS)
const counterOf = (period: number): string => `sessions that end in ${period}`
/** Keys of the counters of all sessions that live at a time. */
export const countersAt = (now: number): string[] => {
  const first = periodOf(now)
  return Array.from({ length: periodOf(now + LIFETIME_SECONDS) - first + 1 }, (_, index) => counterOf(first + index))
}

export type SessionDeps = Pick<FastifyInstance, 'storage' | 'sealing' | 'now'>

export function createSessionsByPerson ({ storage, sealing, now }: SessionDeps): SessionsByPerson {
  const lists = storage.collection<{ sessions: Listed[] }>('mcpSessionList')
  const addresses = storage.collection<UnusedList>('mcpSessionAddresses')
  const places = createUnusedPlaces(addresses, sealing, now, LIFETIME_SECONDS, ADDRESS_PLACES)
  /** @param decide which of the current sessions stay. @returns those that do not. */
  const change = (caller: string, decide: (current: Listed[]) => Listed[]) =>
    lists.update<Listed[]>(caller, (list) => {
      const current = (list?.sessions ?? []).filter(({ endsAt }) => endsAt > now())
      const sessions = decide(current)
      const gone = current.filter((session) => !sessions.includes(session))
      if (sessions.length === 0) return { remove: true, result: gone }
      return {
        write: { record: { sessions }, ttl: Math.max(1, ...sessions.map(({ endsAt }) => endsAt - now())) },
        result: gone
      }
    })
  const count = async (sessions: readonly Listed[], by: 1 | -1) => {
    const periods = Map.groupBy(sessions, ({ endsAt }) => periodOf(endsAt))
    const increments = [...periods].map(([period, { length }]) => ({
      key: counterOf(period),
      by: by * length,
      ttl: Math.max(1, (period + 1) * PERIOD_SECONDS - now())
    }))
    if (increments.length > 0) await storage.count(increments)
  }
  const countAll = async (): Promise<number> => {
    const counts = await storage.counts(countersAt(now()))
    return counts.reduce((sum, each) => sum + Math.max(0, each), 0)
  }

  const removeAll = async (caller: string): Promise<string[]> => {
    const gone = await change(caller, () => [])
    await count(gone, -1)
    return gone.map(({ key }) => key)
  }
  /** @returns the sessions of the addresses that gave way. */
  const takePlace = async (caller: string, address: string): Promise<string[]> => {
    const site = siteOf(address)
    const others = await places.take(caller, places.listOf(site), site)
    return (await Promise.all(others.map(removeAll))).flat()
  }

  return {
    async add (caller, session, address) {
      const ofOthers = address === undefined ? [] : await takePlace(caller, address)
      const most =
        (await countAll()) >= MAX_IN_ALL ? MAX_PER_PERSON_WHEN_FULL : session.grant === null ? MAX_PER_ADDRESS : MAX_PER_PERSON
      const gone = await change(caller, (current) => {
        const ofGrant = session.grant === null ? [] : current.filter(({ grant }) => grant === session.grant)
        const over = new Set(ofGrant.slice(0, Math.max(0, ofGrant.length + 1 - MAX_PER_GRANT)))
        return [...current.filter((each) => !over.has(each)), session].slice(-most)
      })
      await count(gone, -1)
      await count([session], 1)
      return [...ofOthers, ...gone.map(({ key }) => key)]
    },
    async remove (caller, key) {
      const gone = await change(caller, (current) => current.filter((session) => session.key !== key))
      await count(gone, -1)
    },
    removeAll
  }
}
