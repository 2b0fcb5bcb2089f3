// Which redirect URIs may be registered, and when one matches: exact strings, one parser, no wildcards (OAuth 2.1 §2.3,
// RFC 8252 §7.3, RFC 9700 §2.1).
import { isLoopback } from '../../../authoring/env.ts'

const MAX_URI_LENGTH = 2048

/**
 * Private-use schemes are open to any program on a computer, so only these exact URIs of known clients may be
 * registered (RFC 8252 §7.1).
 */
const PRIVATE_SCHEME_URIS: ReadonlySet<string> = new Set([
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'grokbot://mcp/oauth/callback'
])

/** A loopback redirect URI in two parts around its port: only the port may differ from what was registered. */
const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::(\d{1,5}))?([/?].*)?$/

/**
 * @param ownOrigin a redirect back to this server would hand codes to our own pages.
 * @returns why the URI may not be registered, or undefined when it may.
 */
export function redirectUriProblem (uri: string, ownOrigin: string): string | undefined {
  if (uri.length > MAX_URI_LENGTH) return `is longer than ${MAX_URI_LENGTH} characters`
  // Before any parser sees it: parsers drop or repair these, and browsers each in their own way.
  if (!/^[\x21-\x7e]+$/.test(uri) || uri.includes('\\')) { return 'holds a space, a control character, a backslash or a character outside ASCII' }
  if (uri.includes('#')) return 'has a fragment'
  if (PRIVATE_SCHEME_URIS.has(uri)) return undefined
  if (!URL.canParse(uri)) return 'is not an absolute URI'
  const url = new URL(uri)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') { return `has the scheme ${url.protocol.slice(0, -1)}; use https, or http on localhost` }
  if (url.username !== '' || url.password !== '' || uri.split('/')[2]?.includes('@')) return 'has a user name in it'
  if (url.href !== uri && url.href !== `${uri}/`) return `is not in its normal form; write ${url.href}`
  if (url.hostname.includes('*')) return 'has a wildcard'
  if (url.protocol === 'http:' && !LOOPBACK.test(uri)) { return 'must use https (http is for 127.0.0.1, [::1] and localhost only)' }
  if (url.origin === ownOrigin) return 'points back to this server'
  return undefined
}

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
 * What the consent page says of where the browser will go. A private scheme is a program on this computer, as a
 * loopback address is.
 */
export function describeRedirectUri (uri: string): { host: string; loopback: boolean } {
  const { protocol, host, hostname } = new URL(uri)
  if (protocol !== 'https:' && protocol !== 'http:') return { host: `${protocol}//${host}`, loopback: true }
  return { host, loopback: protocol === 'http:' && isLoopback(hostname) }
}
