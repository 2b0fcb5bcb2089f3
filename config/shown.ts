// Which variables owners may see with their values: a closed list, so that a variable that is added later is a secret until
// it is known not to be one (threat AS-01).
// Tested in test/config/shown.test.ts.
import type { Variables } from './variables.ts'

export interface ShownSetting {
  name: string
  /** Undefined for a value that is not shown. */
  value: string | undefined
  /** Whether the environment has it; otherwise the value is the default. */
  isSet: boolean
}

type Name = keyof Variables

const OPEN: ReadonlySet<string> = new Set<Name>([
  'PORT', 'HOST', 'PUBLIC_URL', 'MCP_PATH', 'BASE_PATH', 'FLY_APP_NAME', 'NODE_ENV', 'SERVER_NAME', 'SERVER_LOGO', 'SERVER_COLOR',
  'SERVER_INSTRUCTIONS', 'AUTH_BACKEND', 'DATA_DIR', 'DOCS_DIR', 'BUILTIN_TOOLS', 'ACCESS', 'UPSTREAMS', 'LIBRARY_DESCRIPTION', 'EMBEDDINGS_MODEL',
  'MAIL_FROM', 'SIGNUP', 'ALLOWED_EMAILS', 'OWNER_EMAIL', 'MFA', 'ALLOWED_REDIRECT_URIS', 'CLIENT_METADATA_HOSTS',
  'CLIENT_METADATA_INSECURE_HOSTS', 'CORS_ORIGINS', 'TRUST_PROXY', 'CLIENT_IP_HEADER', 'ACCESS_TOKEN_TTL', 'REFRESH_TOKEN_TTL',
  'GRANT_TTL', 'AUTHORIZATION_CODE_TTL', 'REFRESH_GRACE', 'HEADERS_TIMEOUT', 'REQUEST_TIMEOUT', 'BODY_LIMIT', 'RATE_LIMITS',
  'LOG_LEVEL', 'LOG_FORMAT', 'SHUTDOWN_DELAY', 'OTEL_SERVICE_NAME'
])

/**
 * Shown as scheme and host alone: what is before or behind them can be a password, a key or a
 * name of a database.
 */
const ADDRESSES: ReadonlySet<string> = new Set<Name>([
  'SUPPORT_URL', 'PRIVACY_URL', 'TERMS_URL', 'REDIS_URL', 'DATABASE_URL', 'DOCS_BASE_URL', 'EMBEDDINGS_BASE_URL', 'SMTP_URL',
  'OTEL_EXPORTER_OTLP_ENDPOINT'
])

const MAX_VALUE = 200

/**
 * @param env the variables as they were given.
 * @param values what they mean, with every default: shown where a variable was not given.
 * @param names of the server's own variables. What else is given belongs to backends, tools or mcp.json, and is not shown.
 * @param others names of those that something reads.
 */
export function shownSettings (
  env: Readonly<Record<string, string>>,
  values: Readonly<Record<string, unknown>>,
  names: readonly string[],
  others: readonly string[]
): ShownSetting[] {
  const own = names.map((name) => {
    const given = env[name]
    return { name, isSet: given !== undefined, value: shown(name, given ?? textOf(values[name])) }
  })
  const read = others.filter((name) => !names.includes(name) && env[name] !== undefined).sort()
  return [...own, ...read.map((name) => ({ name, isSet: true, value: undefined }))]
}

function shown (name: string, value: string): string | undefined {
  if (OPEN.has(name)) return value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value
  // Nothing is no secret.
  if (value === '') return ''
  return ADDRESSES.has(name) ? withoutCredentials(value) : undefined
}

/**
 * One address, or several with commas between them. @returns undefined where one cannot be
 * read.
 */
function withoutCredentials (value: string): string | undefined {
  const urls = value.split(',').map((address) => URL.parse(address.trim()))
  return urls.includes(null) ? undefined : urls.map((url) => `${url!.protocol}//${url!.host}`).join(', ')
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : value === undefined || typeof value === 'object' ? '' : String(value))
