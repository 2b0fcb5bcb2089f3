// The public keys of one trusted issuer, found by its metadata or at a fixed address (RFC
// 8414 §3, OpenID Connect Discovery §4, RFC 7517). The operator chose the host, but a
// stranger can send what makes us ask it: small, quick, without redirects, and not more
// often than once a minute.
import type { JWK } from 'jose'
import { z } from 'zod'
import { isLoopback } from '../../../authoring/env.ts'
import { readAnswer } from '../../../authoring/read-answer.ts'
import type { Clock } from '../../../clock.ts'
import type { Config } from '../../../config/index.ts'
import { temporarilyUnavailable } from '../../../errors.ts'
import { readKeys } from '../clients/assertion-keys.ts'
import { isRecent } from '../../is-recent.ts'

const FRESH_SECONDS = 300
/**
 * The issuer is not asked again within this time: not for a key that is not known, and not
 * after a failure.
 */
const PAUSE_SECONDS = 60
/** How long known keys count while the issuer does not answer. */
const STALE_LIFETIME_SECONDS = 86_400
const TIMEOUT_MS = 5_000
const MAX_BYTES = 256 * 1024
const MAX_KEYS = 50
const WELL_KNOWN = '/.well-known/'

export type Issuer = Config['idJagIssuers'][number]

export interface IssuerKeys {
  /**
   * @param again none of the keys at hand fits: the issuer may have new ones.
   * @throws temporarily_unavailable when there are none.
   */
  find(again: boolean): Promise<JWK[]>
}

interface Options {
  now: Clock
  log: { warn(message: string): void }
}

const metadata = z.object({ issuer: z.string(), jwks_uri: z.string().max(2_000) })
const keySet = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) })

/** Why the keys could not be had, for the log. */
class Unusable extends Error {}

export function createIssuerKeys (issuer: Issuer, { now, log }: Options): IssuerKeys {
  let known: { keys: JWK[]; at: number } | undefined
  let askedAt = -Infinity
  let underWay: Promise<void> | undefined

  async function ask (): Promise<void> {
    askedAt = now()
    try {
      known = { keys: await load(issuer), at: now() }
    } catch (error) {
      // A bad answer takes nothing away.
      const reason = error instanceof Unusable ? error.message : (error as Error).name
      log.warn(`keys of ${issuer.issuer}: ${reason}`)
    }
  }

  return {
    async find (again) {
      const isWanted = again || !known || !isRecent(known.at, FRESH_SECONDS, now())
      if (isWanted && !underWay && !isRecent(askedAt, PAUSE_SECONDS, now())) {
        underWay = ask().finally(() => {
          underWay = undefined
        })
      }
      if (isWanted) await underWay
      if (known && now() - known.at < STALE_LIFETIME_SECONDS) return known.keys
      throw temporarilyUnavailable(
        `The keys of ${new URL(issuer.issuer).host} could not be read. Try again in a minute.`,
        undefined,
        PAUSE_SECONDS
      )
    }
  }
}

async function load ({ issuer, jwks_uri: fixed }: Issuer): Promise<JWK[]> {
  const { success, data } = keySet.safeParse(await fetchJson(fixed ?? (await discover(issuer))))
  const keys = success ? readKeys(data.keys) : []
  if (keys.length === 0) throw new Unusable('there is no key that can verify a signature')
  return keys
}

/** @returns where the keys are. @throws Unusable unless the metadata is this issuer's own. */
async function discover (issuer: string): Promise<string> {
  const { origin, pathname, protocol } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const places = [
    `${origin}${path}${WELL_KNOWN}openid-configuration`,
    `${origin}${WELL_KNOWN}oauth-authorization-server${path}`
  ]
  const found = await fetchJson(places[0]!).catch(() => fetchJson(places[1]!))
  const { data } = metadata.safeParse(found)
  if (data?.issuer !== issuer) throw new Unusable('its metadata names no keys, or another issuer')
  const url = URL.parse(data.jwks_uri)
  const isLocal = protocol === 'http:' && url?.protocol === 'http:' && isLoopback(url.hostname)
  if (url?.protocol !== 'https:' && !isLocal) throw new Unusable('its keys are not on https')
  return data.jwks_uri
}

async function fetchJson (url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' }
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Unusable(`${new URL(url).pathname} answers ${response.status}`)
  }
  const text = await readAnswer(response, MAX_BYTES)
  if (text === undefined) {
    throw new Unusable(`${new URL(url).pathname} is larger than ${MAX_BYTES} bytes`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new Unusable(`${new URL(url).pathname} is not JSON`)
  }
}
