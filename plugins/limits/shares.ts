// Shares of what succeeds: even good credentials may not write without end. Counted in this process, by whom the share
// belongs to, in windows of a minute.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Clock } from '../../clock.ts'
import { tooManyRequests } from '../../errors.ts'

const WINDOW_SECONDS = 60
/** Owners of shares that are counted; beyond it counting begins again. */
const MAX_COUNTED = 100_000

/**
 * In a minute: rotations of one grant's refresh token or assertions about one
 * person, remembered assertions of one client and about one person, and tokens of one service.
 */
export const SHARES = { refresh: 60, assertion: 3_000, service: 300 } as const
export type Share = keyof typeof SHARES

/**
 * Whether the owner (a grant, a client) has some of its share left. Counts nothing.
 * @returns what to call once it was used.
 * @throws too_many_requests.
 */
export type CheckShare = (what: Share, owner: string, request: FastifyRequest) => () => void

export function createShares (now: Clock, audit: Pick<FastifyInstance['audit'], 'recordLimit'>): CheckShare {
  const counts = new Map<string, number>()
  let current = NaN
  return (what, owner, request) => {
    const index = Math.floor(now() / WINDOW_SECONDS)
    if (index !== current || counts.size >= MAX_COUNTED) counts.clear()
    current = index
    const key = `${what} ${owner}`
    if ((counts.get(key) ?? 0) >= SHARES[what]) {
      audit.recordLimit(request, what)
      throw tooManyRequests(Math.max(1, Math.ceil((index + 1) * WINDOW_SECONDS - now())))
    }
    return () => {
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
}
