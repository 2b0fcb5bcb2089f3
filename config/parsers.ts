// How single environment variables are parsed. The message of each schema says what to write instead.
import { isIP } from 'node:net'
import { z } from 'zod'
import { isLoopback, isLoopbackHost, isPrivateUseScheme, list } from '../authoring/env.ts'
import { contrast, darkened, MIN_CONTRAST } from './palette.ts'
import { defaultLimits, type LimitName, type LimitTable } from './rate-limits.ts'

export const integer = (min: number, max: number) => {
  const help = `write a whole number from ${min} to ${max}`
  return z.string().regex(/^\d+$/, help).transform(Number).refine((value) => value >= min && value <= max, help)
}

const parseUrl = (value: string): URL | undefined => (URL.canParse(value) ? new URL(value) : undefined)

/**
 * An origin in the one spelling that issuer, resource and audience are compared in: no path,
 * no trailing slash.
 */
export const publicUrl = z.string().transform((value, context) => {
  const url = parseUrl(value.trim())
  const refuse = (message: string) => {
    context.addIssue(message)
    return z.NEVER
  }
  if (!url || !/^https?:$/.test(url.protocol)) {
    return refuse('write the address people reach the server at, for example https://mcp.example.com')
  }
  if (url.username || url.password) return refuse('must not contain a user name or password')
  if (url.pathname !== '/' || url.search || url.hash) {
    return refuse(`write the origin only, without a path: ${url.origin}`)
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return refuse(`must be https, since tokens travel on it (http is allowed for localhost only): https://${url.host}`)
  }
  return url.origin
})

/**
 * The path of something of ours, without a dot in front: what is well known has paths of its
 * own.
 */
export const urlPath = z
  .string()
  .regex(/^(?:\/|(?:\/[\w~-][\w.~-]*)+)$/, 'write a path such as /mcp, of letters, digits, - _ . and ~, without a slash at its end')
  .max(100, 'write at most 100 characters')

export const httpUrl = z
  .string()
  .refine((value) => /^https?:$/.test(parseUrl(value)?.protocol ?? ''), 'write an absolute http or https URL')
  // No request can be made to such a URL, and whatever says so repeats it.
  .refine((value) => {
    const { username, password } = parseUrl(value) ?? {}
    return !username && !password
  }, 'must not contain a user name or password')
  .transform((value) => value.replace(/\/+$/, ''))

/** The address of a page, as it was written: a slash at its end may matter. */
export const pageUrl = z
  .string()
  .trim()
  .max(1_000, 'write at most 1,000 characters')
  .refine((value) => {
    const url = parseUrl(value)
    return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
  }, 'write the address of a web page, for example https://example.com/help')
  .transform((value) => new URL(value).href)

/** @returns `#rrggbb`, dark enough for white text. */
export const color = z.string().trim().toLowerCase().transform((value, context) => {
  const [, digits] = /^#?([0-9a-f]{6})$/.exec(value) ?? []
  if (digits === undefined) {
    context.addIssue('write a color as six hexadecimal digits, for example 0d6354 (in .env a # begins a comment)')
    return z.NEVER
  }
  const full = `#${digits}`
  const found = contrast(full, '#ffffff')
  if (found >= MIN_CONTRAST) return full
  context.addIssue(
    `white text on ${digits} has a contrast of ${found.toFixed(2)}:1, and needs ${MIN_CONTRAST}:1 to be read; take a darker color, for example ${darkened(full).slice(1)}`
  )
  return z.NEVER
})

export const serverName = z
  .string()
  .refine((value) => /[\p{L}\p{N}]/u.test(value), 'write a name with letters or digits, for example Acme Docs')

/** For addresses with a password in them. */
const ENCODED = '; in a password write # as %23, @ as %40, / as %2F and % as %25'

/** One address, or several members of a Cluster. */
export const redisUrl = z
  .string()
  .refine(
    (value) => value.split(',').every((url) => /^rediss?:$/.test(parseUrl(url.trim())?.protocol ?? '')),
    `write redis://host:6379 or rediss://user:password@host:6379, or several members of a Cluster with commas between${ENCODED}`
  )

export const postgresUrl = z
  .string()
  .refine(
    (value) => /^postgres(?:ql)?:$/.test(parseUrl(value)?.protocol ?? ''),
    `write postgres://user:password@host:5432/database${ENCODED}`
  )

const SECRET_HELP =
  'write at least 32 random characters, for example the output of: openssl rand -base64 32 (several, separated by commas: the first writes, all read)'

export const secretKeys = list.refine(
  (keys) => keys.length > 0 && keys.every((key) => key.length >= 32 && new Set(key).size >= 10),
  SECRET_HELP
)

export const token = z
  .string()
  .refine(
    (value) => /^[\x21-\x7e]{16,}$/.test(value) && new Set(value).size >= 8,
    'write at least 16 random characters, for example the output of: openssl rand -hex 32'
  )

/** `name=value` pairs, values percent-encoded, as OpenTelemetry writes headers. */
export const headers = list
  .refine(
    (entries) => entries.every((entry) => /^[\w-]+=(?:[^%]|%[\dA-Fa-f]{2})+$/.test(entry) && decoded(entry) !== undefined),
    'write name=value, several separated by commas, for example authorization=Bearer%20secret'
  )
  .transform((entries) =>
    Object.fromEntries(
      entries.map((entry) => [
        entry.slice(0, entry.indexOf('=')),
        decoded(entry)!
      ])
    )
  )

/** What follows the name. @returns undefined for what no header can carry (RFC 9110 §5.5). */
function decoded (entry: string): string | undefined {
  try {
    const value = decodeURIComponent(entry.slice(entry.indexOf('=') + 1))
    return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const allowedEmails = list.refine(
  (entries) => entries.every((entry) => /^[^\s@]*@[^\s@]+$/.test(entry)),
  'write addresses and domains separated by commas, for example ann@example.com,@example.org'
)

export const emailAddresses = list
  .refine((entries) => entries.every((entry) => /^[^\s@]+@[^\s@]+$/.test(entry)), 'write addresses separated by commas, for example ann@example.com')

/**
 * Origins of web pages, and of what runs in an engine of browsers: extensions and desktop apps
 * (RFC 6454 §6.2).
 */
export const origins = list.transform((entries, context) =>
  entries.map((entry) => {
    const origin = originOf(entry.replace(/\/$/, ''))
    if (origin !== undefined) return origin
    context.addIssue(
      `${JSON.stringify(entry)} is not an origin; write for example https://chatgpt.com or chrome-extension://the-id-of-it (a * or null would allow every site)`
    )
    return z.NEVER
  })
)

/**
 * @returns the origin as browsers send it, or undefined for a text that is not an origin.
 */
function originOf (entry: string): string | undefined {
  const url = parseUrl(entry)
  if (!url || url.host === '' || url.host.includes('*')) return undefined
  if (/^https?:$/.test(url.protocol)) return entry === url.origin ? entry : undefined
  return isPrivateUseScheme(url.protocol.slice(0, -1)) && entry === `${url.protocol}//${url.host}` ? entry : undefined
}

/**
 * Exact redirect URIs of apps on a computer or phone, and whole schemes with their colon (RFC
 * 8252 §7.1).
 */
export const privateUseUris = list.refine(
  (entries) => entries.every((entry) => {
    const [, scheme, rest] = /^([^:]*):([\x21-\x7e]*)$/.exec(entry) ?? []
    return scheme !== undefined && isPrivateUseScheme(scheme) && (rest === '' || URL.canParse(entry)) && !/[*#]/.test(entry)
  }),
  'write exact redirect URIs of apps, or whole schemes with a colon at the end, for example warp://mcp/oauth2callback,com.example.app: (https and localhost need no entry)'
)

export const addresses = list.refine(
  (entries) => entries.every((entry) => isNetwork(entry) || ['loopback', 'linklocal', 'uniquelocal'].includes(entry)),
  'write the addresses or networks of your proxies, for example 10.0.0.0/8,127.0.0.1 (never true or *: anyone could then claim any address)'
)

/** An address, or a network smaller than all addresses, which would trust anyone as `*` does (threat AD-31). */
function isNetwork (entry: string): boolean {
  const [address, bits, ...more] = entry.split('/')
  const version = isIP(address!)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

export const clientIpHeader = z
  .string()
  .toLowerCase()
  .regex(
    /^(?!(?:x-)?forwarded)[\w-]+$/,
    'write the name of a header that the proxy overwrites with one address, for example X-Real-IP (for X-Forwarded-For there is TRUST_PROXY)'
  )

export const smtpUrl = z
  .string()
  .refine(
    (value) => /^smtps?:$/.test(parseUrl(value)?.protocol ?? ''),
    `write smtps://user:password@mail.example.com, or smtp://localhost:25${ENCODED}`
  )

export const mailFrom = z
  .string()
  .refine(
    (value) => /^(?:[^<>\r\n]+ <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value),
    'write a sender, for example My server <mcp@example.com>'
  )

const LIMITS_HELP = `write on, off, or the limits to change, for example sign-in=20,calls-per-user-day=5000; there are ${Object.keys(defaultLimits).join(', ')}`

/** `null` for no limits. */
export const rateLimits = list.transform((entries, context): LimitTable | null => {
  if (entries.join() === 'off') return null
  if (entries.join() === 'on') return defaultLimits
  const changed: Partial<Record<LimitName, number>> = {}
  for (const entry of entries) {
    const [, name, number] = /^([a-z-]+)=(\d{1,9})$/.exec(entry) ?? []
    if (!name || !Object.hasOwn(defaultLimits, name) || Number(number) === 0) {
      context.addIssue(LIMITS_HELP)
      return z.NEVER
    }
    changed[name as LimitName] = Number(number)
  }
  return { ...defaultLimits, ...changed }
})

export const loopbackHosts = list.refine(
  (entries) =>
    entries.every((entry) => isLoopbackHost(entry.toLowerCase())),
  'write hosts of this computer only, for example localhost:9000: it is for tests'
)
