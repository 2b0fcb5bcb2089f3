// The one gate through which everything that a client names is fetched: counted by address, by host, by person and in
// all, each document once at a time, and not again right after a failure (CIMD draft §6; threats WB-09, CI-01).
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../../clock.ts'
import { networkOf, siteOf } from '../../client-address.ts'
import type { Limits } from '../../limits/rate-limits.ts'
import { FetchRefused, fetchDocument } from './safe-fetch.ts'
import { createCounts } from '../../counts.ts'
import { isRecent } from '../../is-recent.ts'

/**
 * Of each lane: fetches under way at once, and fetches begun within a minute; in all, and for one host, person or site
 * of strangers.
 */
export const FETCH_BOUNDS = {
  underWay: 32,
  underWayPerShare: 4,
  perMinute: 240,
  perMinutePerShare: 60,
  /** Of what a host may be asked for strangers: whoever has many networks leaves the rest to others. */
  perMinuteOfSiteAtHost: 15
} as const
/**
 * Once half of a lane is used, a host, person or site may have only this much: the rest is for
 * those who used little.
 */
export const WHEN_BUSY = { underWayPerShare: 1, perMinutePerShare: 4 } as const
/** A failed fetch is not tried again within this time. */
const FAILURE_PAUSE_SECONDS = 30
const MAX_FAILURES_KEPT = 1_000

/**
 * On whose behalf a fetch is made. Each lane has budgets of its own: strangers use up nothing of what allowed apps
 * need, and an allowed app nothing of another's host.
 * - `stranger`: anyone may have named the address, so the address of the request is counted too;
 * - `known`: the request shows a code or token of the client, and its own host is asked;
 * - `known elsewhere`: the same, but another host.
 */
export type Lane = (typeof lanes)[number]
const lanes = ['stranger', 'known', 'known elsewhere'] as const

export interface Wanted<T> {
  url: URL
  /** One address can be both. */
  kind: 'document' | 'keys'
  lane: Lane
  /**
   * Whose code or token was shown: no single person uses up what all allowed apps share.
   */
  person?: string | undefined
  /** The request that causes the fetch. */
  request: FastifyRequest
  /** Validates the body; what it throws counts as a failure of the host. */
  read(body: unknown): T
}

export interface FetchGate {
  /**
   * @returns what was read, and for how many seconds it may be used.
   * @throws FetchRefused; too_many_requests for the address of a stranger's request; what `read` throws.
   */
  fetch<T>(wanted: Wanted<T>): Promise<{ value: T; maxAge: number }>
}

interface Options {
  insecureHosts: readonly string[]
  limits: Pick<Limits, 'attempt'>
  now: Clock
  /** For tests. */
  fetch?: typeof fetchDocument
}

export function createFetchGate ({ insecureHosts, limits, now, fetch = fetchDocument }: Options): FetchGate {
  const budgets = Object.fromEntries(lanes.map((lane) => [lane, createBudget(now)])) as Record<Lane, Budget>
  const underWay = new Map<string, Promise<{ value: unknown; maxAge: number }>>()
  const failures = createFailures(now)

  async function begin (
    { url, lane, person, request, read }: Wanted<unknown>,
    key: string
  ): Promise<{ value: unknown; maxAge: number }> {
    const shares = [`host ${url.host}`]
    const site = lane === 'stranger' ? `site ${siteOf(networkOf(request))}` : undefined
    if (person !== undefined) shares.push(`person ${person}`)
    if (site !== undefined) shares.push(site)
    const done = budgets[lane].begin(shares, site && `${site} at ${url.host}`)
    try {
      const { body, maxAge } = await fetch(url, insecureHosts)
      return { value: read(body), maxAge }
    } catch (error) {
      failures.add(key, error)
      throw error
    } finally {
      done()
    }
  }

  return {
    async fetch<T>(wanted: Wanted<T>) {
      const key = `${wanted.kind} ${wanted.url.href}`
      failures.check(key)
      // The address first: one that asks too much uses up nothing of the shared budget.
      // Joining costs nothing.
      if (wanted.lane === 'stranger' && !underWay.has(key)) await limits.attempt('registration', wanted.request)
      const joined = underWay.get(key) ?? begin(wanted, key).finally(() => underWay.delete(key))
      underWay.set(key, joined)
      return joined as Promise<{ value: T; maxAge: number }>
    }
  }
}

interface Budget {
  /**
   * @param shares the host, and the person or the site of a stranger.
   * @param siteAtHost that site, at this host.
   * @returns what to call when it is done.
   * @throws FetchRefused beyond a bound.
   */
  begin(shares: readonly string[], siteAtHost?: string): () => void
}

/** Counts fetches under way and within the minute. */
function createBudget (now: Clock): Budget {
  const { underWay, perMinute } = FETCH_BOUNDS
  let minute = 0
  let begun = 0
  let running = 0
  let begunBy = createCounts()
  const runningBy = createCounts()

  function startMinute (): void {
    const current = Math.floor(now() / 60)
    if (current === minute) return
    minute = current
    begun = 0
    begunBy = createCounts()
  }

  function hasRoom (shares: readonly string[], siteAtHost = ''): boolean {
    if (begunBy.of(siteAtHost) >= FETCH_BOUNDS.perMinuteOfSiteAtHost) return false
    const most = running >= underWay / 2 || begun >= perMinute / 2 ? WHEN_BUSY : FETCH_BOUNDS
    const isWithin = (share: string) =>
      runningBy.of(share) < most.underWayPerShare && begunBy.of(share) < most.perMinutePerShare
    return running < underWay && begun < perMinute && shares.every(isWithin)
  }

  return {
    begin (shares, siteAtHost) {
      startMinute()
      if (!hasRoom(shares, siteAtHost)) throw new FetchRefused('too many are being read at the moment', 'document_busy')
      begun++
      running++
      if (siteAtHost !== undefined) begunBy.add(siteAtHost, 1)
      for (const share of shares) {
        begunBy.add(share, 1)
        runningBy.add(share, 1)
      }
      return () => {
        running--
        for (const share of shares) runningBy.add(share, -1)
      }
    }
  }
}

/** Recent failures; the oldest are forgotten first. */
function createFailures (now: Clock) {
  const failures = new Map<string, { at: number; error: unknown }>()
  return {
    add (key: string, error: unknown): void {
      failures.delete(key)
      failures.set(key, { at: now(), error })
      if (failures.size > MAX_FAILURES_KEPT) failures.delete(failures.keys().next().value!)
    },
    /** @throws the same error again, within the pause. */
    check (key: string): void {
      const failure = failures.get(key)
      if (failure && isRecent(failure.at, FAILURE_PAUSE_SECONDS, now())) throw failure.error
    }
  }
}
