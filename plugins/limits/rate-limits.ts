// How often an address may try what can be guessed or costs storage, and how much an app may do with good credentials
// (RFC 9700 §2.5; RFC 6585 §4). The room also owns the quotas of messages and tool calls, and their counters.
// This room owns what is counted and how much of it is allowed: requests by address, failures by account, tool calls by
// person, app and tool, and each person's share of a limit. It hands checks to the routes and the MCP endpoint.
// Tested in test/plugins/limits/rate-limits.test.ts and test/plugins/limits/password-work.test.ts.
import { isIPv4 } from 'node:net'
import rateLimit from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { LimitTable } from '../../config/rate-limits.ts'
import { OAuthError, tooManyRequests } from '../../errors.ts'
import { networkOf, siteOf } from '../client-address.ts'
import { createAtOnce } from './at-once.ts'
import { createAccountDelay, type AccountDelay } from './account-delay.ts'
import { createKeyCounter, type Count, type KeyCounter } from './key-counter.ts'
import { createShares, type CheckShare } from './shares.ts'

const MINUTE_MS = 60_000
/**
 * Whoever has many networks has as many addresses as they like: those of a site have this many times the limit of one,
 * together.
 */
const SITE_FACTOR = 16
/** At once; four times as many are checked or wait. */
const MAX_PASSWORDS_OF_SITE = 16
/** What is counted by address. */
const limited = ['sign-in', 'sign-up', 'registration', 'authorization', 'token-failure'] as const
type Limited = (typeof limited)[number]

declare module 'fastify' {
  interface FastifyInstance {
    limits: Limits
  }
}

export interface Limits extends AccountDelay {
  /** Counts one, however often it is called within one request. @throws too_many_requests beyond the limit. */
  attempt(what: Limited, request: FastifyRequest): Promise<void>
  /**
   * For callers that authenticate with what cannot be guessed. Only refusals count, and only refusals become
   * too_many_requests beyond the limit: holders of good credentials share addresses with others.
   * @param work checks before it does anything, at a bounded cost.
   */
  countingFailures<R>(what: Limited, request: FastifyRequest, work: () => Promise<R>): Promise<R>
  /**
   * Runs what hashes a password, for which all wait in one queue: a site has a few of its places.
   * @throws too_many_requests.
   */
  passwordWork<R>(request: FastifyRequest, work: () => Promise<R>): Promise<R>
  checkShare: CheckShare
}

type Options = Pick<Config, 'rateLimits' | 'redisUrl'>

export default fp(
  async function limits (app: FastifyInstance, { rateLimits, redisUrl }: Options) {
    const redis =
      rateLimits && redisUrl !== undefined
        ? await (await import('../storage/redis/connection.ts')).connectRedis(redisUrl, app.log)
        : undefined
    app.addHook('onClose', () => redis?.disconnect())
    await app.register(rateLimit, { global: false, ...(redis && { redis }) })
    app.decorate('limits', rateLimits ? createLimits(app, rateLimits) : noLimits)
  },
  { name: 'limits', dependencies: ['audit'] }
)

const noLimits: Limits = {
  async attempt () {},
  countingFailures: async (_what, _request, work) => work(),
  passwordWork: async (_request, work) => work(),
  checkShare: () => () => {},
  async slowDown () {},
  async noteFailure () {},
  oneAtATime: async (_request, _userId, attempt) => attempt()
}

function createLimits (app: FastifyInstance, table: LimitTable): Limits {
  const createCounters = (factor: number) => Object.fromEntries(
    limited.map((what) => [what, createKeyCounter(app, factor * table[what], MINUTE_MS)])
  ) as Record<Limited, KeyCounter>
  const [networks, sites] = [createCounters(1), createCounters(SITE_FACTOR)]
  /**
   * What is refused for its network uses up nothing of its site, and what is refused for its site leaves nothing of its
   * network: a site has 65,536, and each would have a counter (threat ST-09).
   */
  async function add (what: Limited, request: FastifyRequest): Promise<Count> {
    const network = networkOf(request)
    const site = isIPv4(network) ? undefined : keyOf(what, request, `site ${siteOf(network)}`)
    const before = site === undefined ? undefined : await sites[what].read(site)
    if (before?.isExceeded) return before
    const count = await networks[what].add(keyOf(what, request, network))
    return count.isExceeded || site === undefined ? count : sites[what].add(site)
  }
  const passwords = createAtOnce(MAX_PASSWORDS_OF_SITE)
  const results = new WeakMap<FastifyRequest, Map<Limited, Count>>()
  const attempt = async (what: Limited, request: FastifyRequest) => {
    const before = results.get(request) ?? new Map<Limited, Count>()
    const count = before.get(what) ?? (await add(what, request))
    results.set(request, before.set(what, count))
    if (!count.isExceeded) return
    app.audit.recordLimit(request, what)
    throw tooManyRequests(count.wait)
  }
  return {
    attempt,
    async countingFailures (what, request, work) {
      try {
        return await work()
      } catch (error) {
        // A fault of this server is no failure of the caller.
        if (error instanceof OAuthError && error.statusCode < 500) await attempt(what, request)
        throw error
      }
    },
    passwordWork: (request, work) => passwords(siteOf(networkOf(request)), work),
    checkShare: createShares(app.now, app.audit),
    ...createAccountDelay(app)
  }
}

/**
 * Each form and endpoint counts by itself: flooding one, from an address that others share, does not close the next.
 * Pages that are opened without being signed in count together, as each would otherwise be a way around the limit.
 */
const keyOf = (what: Limited, request: FastifyRequest, from: string): string =>
  `${what === 'authorization' ? what : `${what} ${request.routeOptions.url}`} ${from}`
