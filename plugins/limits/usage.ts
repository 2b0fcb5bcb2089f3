// How the server is used: quotas of messages and tool calls, and what the account page shows of each connected app
// (first used, last used, calls of 30 days).
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { Access } from '../oauth/grants/contract.ts'
import { createAddressPlaces } from './address-places.ts'
import { createAppsOfPeople } from './apps-of-person.ts'
import { createQuotas, type Quotas } from './quotas.ts'
import { createCounters } from './counters.ts'

const DAY_SECONDS = 86_400
const DAYS_SHOWN = 30
/** Grants whose first use this process has looked up. */
const MAX_REMEMBERED = 100_000

declare module 'fastify' {
  interface FastifyInstance {
    usage: Usage
  }
}

export interface GrantUsage {
  /** Seconds since the epoch. */
  firstUsedAt?: number
  /**
   * The start of the last day with a tool call, within 30 days; seconds since the epoch.
   */
  lastCallDay?: number
  /** Tool calls of the last 30 days. */
  calls: number
}

export interface Usage extends Quotas {
  /** Counts the call for the account page. */
  called(access: Access): void
  /**
   * @returns true when the grant is used for the first time: of any number of callers, only
   * one gets true.
   */
  isFirstUse(access: Access): Promise<boolean>
  /**
   * @returns true once for each grant that was never used, as far as this process knows: it
   * may have asked before.
   */
  isUnused(access: Access): Promise<boolean>
  ofGrant(grantId: string): Promise<GrantUsage>
  /** What is known of the first use of a grant that has ended: nobody asks for it any more. Never rejects. */
  forget(grantId: string): Promise<void>
  /** Writes what was counted; for tests and for the page that shows it. */
  flush(): Promise<void>
}

type Options = Pick<Config, 'rateLimits' | 'refreshTokenTtl'>

const noQuotas: Quotas = { take: () => undefined, takeMessages: () => undefined, floodWait: () => undefined }

export default fp(
  async function usage (app: FastifyInstance, { rateLimits, refreshTokenTtl }: Options) {
    const counters = createCounters(app.storage, app.now, app.log)
    app.addHook('onClose', () => counters.close())
    const firstUses = app.storage.collection<{ at: number }>('firstUse')
    const known = new Set<string>()
    const asked = new Set<string>()
    /** A connection that has ended leaves what was counted of it for a month, and a person can connect and end ever new ones. */
    const countedAs = createAppsOfPeople(app.now)
    const dayKey = (grantId: string, day: number) => `calls ${day} ${grantId}`

    app.decorate('usage', {
      ...(rateLimits ? createQuotas(counters, rateLimits, app.now, createAddressPlaces(app.sealing)) : noQuotas),
      called ({ grantId, user }) {
        const day = Math.floor(app.now() / DAY_SECONDS)
        counters.add([{ key: dayKey(countedAs(user.id, grantId), day), endsAt: (day + DAYS_SHOWN + 1) * DAY_SECONDS, watched: false }])
      },
      async isFirstUse ({ grantId }) {
        if (known.has(grantId)) return false
        if (known.size >= MAX_REMEMBERED) known.clear()
        known.add(grantId)
        // As long as a grant can live without being refreshed; after that nothing reads it.
        return firstUses.create(grantId, { at: app.now() }, refreshTokenTtl + 366 * DAY_SECONDS)
      },
      async isUnused ({ grantId }) {
        if (known.has(grantId) || asked.has(grantId)) return false
        if (asked.size >= MAX_REMEMBERED) asked.clear()
        asked.add(grantId)
        return (await firstUses.find(grantId)) === undefined
      },
      async ofGrant (grantId) {
        await counters.flush()
        const today = Math.floor(app.now() / DAY_SECONDS)
        const days = Array.from({ length: DAYS_SHOWN }, (_, ago) => today - ago)
        const [first, counts] = await Promise.all([
          firstUses.find(grantId),
          app.storage.counts(days.map((day) => dayKey(grantId, day)))
        ])
        const last = counts.findIndex((count) => count > 0)
        return {
          ...(first && { firstUsedAt: first.at }),
          ...(last >= 0 && { lastCallDay: days[last]! * DAY_SECONDS }),
          calls: counts.reduce((sum, count) => sum + count, 0)
        }
      },
      async forget (grantId) {
        known.delete(grantId)
        await firstUses.delete(grantId).catch((err: unknown) => app.log.warn({ err }, 'the first use of a connection could not be deleted'))
      },
      flush: () => counters.flush()
    } satisfies Usage)
  },
  { name: 'usage', dependencies: ['storage'] }
)
