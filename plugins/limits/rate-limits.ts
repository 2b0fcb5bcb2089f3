// How often an address may try things that can be guessed or that cost storage, and how an account under attack is
// slowed down without being locked (RFC 9700 §2.5; RFC 6585 §4). Counted on Redis where there is one, so that all
// instances count together.
import { setTimeout as sleep } from 'node:timers/promises'
import rateLimit from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import type { LimitTable } from '../../config/rate-limits.ts'
import { OAuthError, tooManyRequests } from '../../errors.ts'
import { networkOf } from '../client-address.ts'
import { StorageUnavailable } from '../storage/contract.ts'
import { hashSecret } from '../secrets.ts'

const MINUTE = 60_000
/** What is counted by address. */
const limited = ['sign-in', 'sign-up', 'registration', 'authorization', 'token-failure'] as const
type Limited = (typeof limited)[number]

/** Failed passwords of one account, from wherever: after the free ones each further try waits a little longer. */
const FREE_FAILURES = 10
const FAILURE_WINDOW_SECONDS = 15 * MINUTE
const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 5_000
const MAX_COUNTED = 1_000

declare module 'fastify' {
  interface FastifyInstance {
    limits: Limits
  }
  interface FastifyRequest {
    limitedAccount: string | undefined
  }
}

export interface Limits {
  /** Counts one, however often it is asked within one request. @throws too_many_requests beyond the limit. */
  attempt(what: Limited, request: FastifyRequest): Promise<void>
  /**
   * For callers that prove themselves with what nobody can guess. Only refusals count, and only refusals become
   * too_many_requests beyond the limit: whoever holds good credentials shares addresses with others.
   * @param work checks before it does anything, at a cost that has a bound.
   */
  countingFailures<R>(what: Limited, request: FastifyRequest, work: () => Promise<R>): Promise<R>
  /**
   * Waits before a password of an account is looked at, the longer the more often it failed lately. Never refuses:
   * nobody can lock out another.
   */
  slowDown(request: FastifyRequest, account: string): Promise<void>
  noteFailure(request: FastifyRequest, account: string): Promise<void>
  /**
   * One try of a person at a time: the waits of {@link Limits.slowDown} follow each other then, however many are sent
   * at once.
   * Only for people who are signed in, so that nobody else can keep them from it.
   * @throws too_many_requests while another runs
   */
  oneAtATime<R>(request: FastifyRequest, userId: string, attempt: () => Promise<R>): Promise<R>
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
    app.decorateRequest('limitedAccount', undefined)
    app.decorate('limits', rateLimits ? createLimits(app, rateLimits) : noLimits)
  },
  { name: 'limits', dependencies: ['audit'] }
)

const noLimits: Limits = {
  async attempt () {},
  countingFailures: async (_what, _request, work) => work(),
  async slowDown () {},
  async noteFailure () {},
  oneAtATime: async (_request, _userId, attempt) => attempt()
}

function createLimits (app: FastifyInstance, table: LimitTable): Limits {
  // Each form and endpoint on its own: whoever floods one, behind an address that others share, does not close the
  // next. Pages that
  // are opened without being signed in count together: there is one way around a limit for each of them otherwise.
  const keyOf = (what: Limited, { routeOptions }: FastifyRequest) =>
    what === 'authorization' ? what : `${what} ${routeOptions.url}`
  const counters = Object.fromEntries(
    limited.map((what) => [
      what,
      app.createRateLimit({
        max: table[what],
        timeWindow: MINUTE,
        keyGenerator: (request) => `${keyOf(what, request)} ${networkOf(request)}`
      })
    ])
  ) as Record<Limited, Counter>
  const failures = app.createRateLimit({
    max: MAX_COUNTED,
    timeWindow: FAILURE_WINDOW_SECONDS,
    keyGenerator: (request) => `failures ${request.limitedAccount}`
  })
  const count = async (counter: Counter, request: FastifyRequest, increment: boolean) => {
    try {
      return (await counter(request, { increment })) as Counted
    } catch (error) {
      throw new StorageUnavailable('the limits cannot be counted', { cause: error })
    }
  }
  const refuse = (what: Limited, request: FastifyRequest, { ttlInSeconds }: Counted): never => {
    app.audit.recordLimit(request, what)
    throw tooManyRequests(Math.max(1, ttlInSeconds))
  }
  const countFailures = (request: FastifyRequest, account: string, increment: boolean) => {
    // One spelling for one account: the backends read `ＡＮＮ@example.com` as ann@example.com, so the counter does.
    request.limitedAccount = hashSecret(account.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ''))
    return count(failures, request, increment)
  }
  const results = new WeakMap<FastifyRequest, Map<Limited, Counted>>()
  const attempt = async (what: Limited, request: FastifyRequest) => {
    const before = results.get(request) ?? new Map<Limited, Counted>()
    const counted = before.get(what) ?? (await count(counters[what], request, true))
    results.set(request, before.set(what, counted))
    if (counted.isExceeded) refuse(what, request, counted)
  }
  return {
    attempt,
    async countingFailures (what, request, work) {
      try {
        return await work()
      } catch (error) {
        // What is this server's own fault is no failure of the caller.
        if (error instanceof OAuthError && error.statusCode < 500) await attempt(what, request)
        throw error
      }
    },
    async slowDown (request, account) {
      const { remaining } = await countFailures(request, account, false)
      const beyond = MAX_COUNTED - remaining - FREE_FAILURES
      if (beyond >= 0) await sleep(Math.min(FIRST_WAIT_MS * 2 ** beyond, MAX_WAIT_MS))
    },
    async noteFailure (request, account) {
      await countFailures(request, account, true)
    },
    oneAtATime: oneAtATime(app)
  }
}

function oneAtATime (app: FastifyInstance): Limits['oneAtATime'] {
  const trying = new Set<string>()
  return async (request, userId, attempt) => {
    if (trying.has(userId)) {
      app.audit.recordLimit(request, 'present-password')
      throw tooManyRequests(MAX_WAIT_MS / 1_000)
    }
    trying.add(userId)
    try {
      return await attempt()
    } finally {
      trying.delete(userId)
    }
  }
}

type Counter = ReturnType<FastifyInstance['createRateLimit']>
type Counted = Extract<Awaited<ReturnType<Counter>>, { isAllowed: false }>
