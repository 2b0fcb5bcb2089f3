// Which redirect URIs may be used, and when one matches: exact strings, one parser, no wildcards (OAuth 2.1 §2.3, RFC
// 8252 §7, RFC 9700 §2.1).
import { isLoopback, isPrivateUseScheme } from '../../../authoring/env.ts'
import type { Client } from './contract.ts'

const MAX_URI_LENGTH = 2048

export const NOT_REGISTERED = 'is not one it has registered'

/** Of well-known clients: allowed without configuration. */
const KNOWN_PRIVATE_USE_URIS: readonly string[] = [
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'grokbot://mcp/oauth/callback'
]

/**
 * A loopback redirect URI in two parts around its port: only the port may differ from what was
 * registered.
 */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::(\d{1,5}))?([/?].*)?$/

export interface RedirectRules {
  /** A redirect back to this server would hand codes to our own pages. */
  ownOrigin: string
  /**
   * Private-use schemes are open to any program on a computer, so only what the operator names may be registered (RFC
   * 8252 §7.1, §8.4): exact URIs, and schemes with a colon at their end. `any` for a client the operator wrote down.
   */
  privateUse: readonly string[] | 'any'
}

/**
 * @returns why the URI may not be used, to continue a sentence after the URI or "it";
 * undefined when it may.
 */
export function redirectUriProblem (uri: string, { ownOrigin, privateUse }: RedirectRules): string | undefined {
  if (uri.length > MAX_URI_LENGTH) return `is longer than ${MAX_URI_LENGTH} characters`
  // Before any parser sees it: parsers drop or repair these, and browsers each in their own way.
  if (!/^[\x21-\x7e]+$/.test(uri) || uri.includes('\\')) {
    return 'holds a space, a control character, a backslash or a character outside ASCII'
  }
  if (uri.includes('#')) return 'has a fragment'
  if (!URL.canParse(uri)) return 'is not an absolute URI'
  const url = new URL(uri)
  if (url.username !== '' || url.password !== '' || uri.split('/')[2]?.includes('@')) return 'has a user name in it'
  if (url.hostname.includes('*')) return 'has a wildcard'
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return privateUseProblem(uri, url.protocol, privateUse)
  const normal = withNormalAuthority(uri)
  if (url.href !== normal && url.href !== `${normal}/`) return `is not in its normal form; write ${url.href}`
  if (url.protocol === 'http:' && !LOOPBACK.test(uri)) {
    return 'must use https (http is for 127.0.0.1, [::1] and localhost only)'
  }
  if (url.origin === ownOrigin) return 'points back to this server'
  return undefined
}

/** @param protocol the scheme of the URI with its colon, in lower case. */
function privateUseProblem (uri: string, protocol: string, allowed: RedirectRules['privateUse']): string | undefined {
  const scheme = protocol.slice(0, -1)
  const help = `has the scheme ${scheme}; use https, or http on localhost`
  // In another spelling of its scheme a URI would be compared with one parser and opened with another.
  if (!isPrivateUseScheme(scheme) || !uri.startsWith(protocol)) return help
  const isAllowed =
    allowed === 'any' || [...KNOWN_PRIVATE_USE_URIS, ...allowed].some((entry) => entry === uri || entry === protocol)
  return isAllowed ? undefined : `${help}, or ask the operator of this server to allow it in ALLOWED_REDIRECT_URIS`
}

/**
 * The case of scheme and host, and the default port of the scheme, change nothing (RFC 3986
 * §6.2.2.1, §6.2.3).
 */
const withNormalAuthority = (uri: string): string =>
  uri.replace(/^[^/]*\/\/[^/?]*/, (start) => start.toLowerCase().replace(/^(https:.*):443$|^(http:.*):80$/, '$1$2'))

/** Exact, but for the port of a loopback URI. */
export function matchesRedirectUri (registered: string, asked: string): boolean {
  if (registered === asked) return true
  const ours = LOOPBACK.exec(registered)
  const theirs = LOOPBACK.exec(asked)
  return (
    ours !== null &&
    theirs !== null &&
    Number(theirs[2] ?? 80) <= 65_535 &&
    ours[1] === theirs[1] &&
    ours[3] === theirs[3]
  )
}

/**
 * The redirect URIs of a client, each judged when it is asked for: the rules may have changed since it was registered.
 * @param uris those it has registered.
 */
export function redirects (
  uris: readonly string[],
  rules: RedirectRules
): Pick<Client, 'redirectUriProblem' | 'onlyRedirectUri'> {
  return {
    redirectUriProblem: (asked) =>
      uris.some((registered) => matchesRedirectUri(registered, asked))
        ? redirectUriProblem(asked, rules)
        : NOT_REGISTERED,
    onlyRedirectUri () {
      const usable = uris.filter((uri) => redirectUriProblem(uri, rules) === undefined)
      return usable.length === 1 ? usable[0] : undefined
    }
  }
}

/**
 * For the audit log, also of one that may not be used. @returns undefined for what has no
 * plain host or scheme.
 */
export function redirectHost (uri: string): string | undefined {
  if (uri.length > MAX_URI_LENGTH || !URL.canParse(uri)) return undefined
  const { host } = describeRedirectUri(uri)
  return /^[\w.:/[\]+-]{1,100}$/.test(host) ? host : undefined
}

/**
 * What the consent page says of where the browser will go. A private scheme is a program on this computer, as a
 * loopback address is.
 */
export function describeRedirectUri (uri: string): { host: string; loopback: boolean } {
  const { protocol, host, hostname } = new URL(uri)
  if (protocol !== 'https:' && protocol !== 'http:') return { host: host === '' ? protocol : `${protocol}//${host}`, loopback: true }
  return { host, loopback: protocol === 'http:' && isLoopback(hostname) }
}
