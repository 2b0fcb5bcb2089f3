// What an upstream's HTTP status, or a connection that failed, means: as errors with words for the operator.
import type { IncomingHttpHeaders } from 'node:http'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { UpstreamError, type UpstreamFault } from '../contract.ts'
import { withoutSecrets } from '../without-secrets.ts'

type Named = Pick<UpstreamSettings, 'name' | 'secrets'>

/** `message` without what came from the environment. */
export const failure = (
  { name, secrets }: Named,
  fault: UpstreamFault,
  message: string,
  options: { wasSent?: boolean; cause?: unknown } = {}
): UpstreamError => new UpstreamError(name, fault, withoutSecrets(message, secrets), options)

/**
 * @param session whether the request named a session: it is the session, then, that a 404 does not know (MCP "Session
 * Management").
 * @returns undefined for an answer that the SDK reads itself.
 */
export function failureOf (
  settings: Named,
  status: number,
  headers: IncomingHttpHeaders,
  { session, url }: { session: boolean; url: URL }
): UpstreamError | undefined {
  const fail = (fault: UpstreamFault, message: string) => failure(settings, fault, message, { wasSent: false })
  if (status >= 300 && status < 400) return fail('failed', redirected(status, headers.location, url))
  if (status === 401 || status === 403) return fail('unauthorized', refused(status, headers['www-authenticate']))
  if (status === 404 && session) return fail('ended', 'answered 404: it does not know the session any more')
  if (status === 429) return fail('busy', `answered 429: too many requests${waitOf(headers['retry-after'])}`)
  if (status === 503 && headers['retry-after']) return fail('busy', `answered 503${waitOf(headers['retry-after'])}`)
  if (status >= 500) return failure(settings, 'failed', `answered ${status}: see the log of that server`)
  return undefined
}

/** The target's path and query may hold a secret, its origin is what the operator needs. */
function redirected (status: number, location: string | undefined, url: URL): string {
  const target = location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : undefined
  if (!target) return `answered ${status} without saying where it moved: correct \`url\` in mcp.json`
  if (target.origin === url.origin) {
    return `answered ${status}: its address is another path of ${target.origin}; correct \`url\` in mcp.json`
  }
  return `answered ${status}: it sends to ${target.origin}, which is not followed; write that address as \`url\` in mcp.json`
}

function refused (status: number, challenge: string | undefined): string {
  const named = ['realm', 'error', 'scope'].flatMap((name) => {
    const value = new RegExp(`\\b${name}="([^"\\\\]{1,100})"`).exec(challenge ?? '')?.[1]
    return value === undefined ? [] : [`${name} "${value}"`]
  })
  const asked = named.length > 0 ? ` (it asks for ${named.join(', ')})` : ''
  return `answered ${status}${asked}: correct \`headers\` in mcp.json`
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function waitOf (retryAfter: string | undefined): string {
  if (retryAfter === undefined) return ''
  if (/^\d{1,6}$/.test(retryAfter)) return `; it says to wait ${retryAfter} seconds`
  const date = Date.parse(retryAfter)
  return Number.isNaN(date) ? '' : `; it says to wait until ${new Date(date).toISOString()}`
}

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ECONNRESET: 'it closed the connection'
}

const CERTIFICATE = /CERT|SIGNATURE|ISSUER|LEAF/
const untrusted = (code: string) =>
  `its certificate is not trusted (${code}); NODE_EXTRA_CA_CERTS takes the file of an authority of your own`

/**
 * A connection that failed.
 * @param isConnected whether the request may have reached it.
 */
export function brokenConnection (settings: Named, error: unknown, isConnected: boolean, origin: string): UpstreamError {
  const { code, message } = error as NodeJS.ErrnoException
  if (isConnected && code?.startsWith('HPE_')) return failure(settings, 'malformed', `answered what is not HTTP (${code})`)
  if (isConnected) return failure(settings, 'ended', 'closed the connection before it answered', { cause: error })
  const why = CODES[code ?? ''] ?? (CERTIFICATE.test(code ?? '') ? untrusted(code!) : code ? `${message} (${code})` : message)
  return failure(settings, 'unreachable', `no connection to ${origin}: ${why}`, { wasSent: false, cause: error })
}
