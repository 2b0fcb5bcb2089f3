// The variables that belong to no backend and no tool, each with its schema and default.
import { z } from 'zod'
import { list, path } from '../authoring/env.ts'
import { createPaths } from '../paths.ts'
import { clients } from './clients.ts'
import { idJagIssuers } from './id-jag-issuers.ts'
import * as read from './parsers.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** `.env.example` documents each; test/docs.test.ts compares the two. */
export const variables = z.object({
  PORT: read.integer(0, 65535).default(8080),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: read.publicUrl.optional(),
  MCP_PATH: read.urlPath.default('/'),
  BASE_PATH: read.urlPath.optional(),
  FLY_APP_NAME: z.string().optional(),
  NODE_ENV: z.string().optional(),
  SERVER_NAME: read.serverName.optional(),
  SERVER_LOGO: path.optional(),
  SERVER_COLOR: read.color.optional(),
  SERVER_INSTRUCTIONS: z.string().optional(),
  SUPPORT_URL: read.pageUrl.optional(),
  PRIVACY_URL: read.pageUrl.optional(),
  TERMS_URL: read.pageUrl.optional(),
  AUTH_BACKEND: list.optional(),
  DATA_DIR: path.default('./data'),
  REDIS_URL: read.redisUrl.optional(),
  SECRET_KEY: read.secretKeys.optional(),
  DATABASE_URL: read.postgresUrl.optional(),
  DOCS_DIR: path.default('./docs'),
  BUILTIN_TOOLS: list.default(['all']),
  ACCESS: path.optional(),
  UPSTREAMS: path.optional(),
  DOCS_BASE_URL: read.httpUrl.optional(),
  LIBRARY_DESCRIPTION: z
    .string()
    .max(300, 'write at most 300 characters, such as: The staff handbook of Acme, in English')
    .optional(),
  EMBEDDINGS_BASE_URL: read.httpUrl.optional(),
  EMBEDDINGS_MODEL: z.string().optional(),
  EMBEDDINGS_API_KEY: z.string().optional(),
  SMTP_URL: read.smtpUrl.optional(),
  MAIL_FROM: read.mailFrom.optional(),
  SIGNUP: z.enum(['open', 'invite', 'closed'], 'write open, invite or closed').optional(),
  ALLOWED_EMAILS: read.allowedEmails.default([]),
  OWNER_EMAIL: read.emailAddresses.default([]),
  MFA: z.enum(['off', 'optional', 'required'], 'write off, optional or required').default('optional'),
  CLIENTS: clients.default([]),
  ID_JAG_ISSUERS: idJagIssuers.default([]),
  ALLOWED_REDIRECT_URIS: read.privateUseUris.default([]),
  CLIENT_METADATA_HOSTS: list.default([]),
  CLIENT_METADATA_INSECURE_HOSTS: read.loopbackHosts.default([]),
  CORS_ORIGINS: read.origins.default(['https://chatgpt.com', 'https://chat.openai.com']),
  TRUST_PROXY: read.addresses.default([]),
  CLIENT_IP_HEADER: read.clientIpHeader.optional(),
  ACCESS_TOKEN_TTL: read.integer(1, 86_400).default(3600),
  REFRESH_TOKEN_TTL: read.integer(1, 366 * 86_400).default(7_776_000),
  GRANT_TTL: read.integer(1, 366 * 86_400).default(366 * 86_400),
  AUTHORIZATION_CODE_TTL: read.integer(1, 600).default(60),
  REFRESH_GRACE: read.integer(0, 300).default(30),
  HEADERS_TIMEOUT: read.integer(1, 600).default(15),
  REQUEST_TIMEOUT: read.integer(1, 600).default(30),
  BODY_LIMIT: read.integer(1024, 64 * 1024 * 1024).default(1024 * 1024),
  RATE_LIMITS: read.rateLimits.prefault('on'),
  LOG_LEVEL: z.enum(LOG_LEVELS, `write ${LOG_LEVELS.slice(0, -1).join(', ')} or ${LOG_LEVELS.at(-1)}`).default('info'),
  LOG_FORMAT: z.enum(['readable', 'json'], 'write readable or json').optional(),
  SHUTDOWN_DELAY: read.integer(0, 300).default(0),
  METRICS_TOKEN: read.token.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: read.httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: read.headers.optional(),
  OTEL_SERVICE_NAME: z.string().default('mcp-oauth-server')
})

/** The parsed variables. */
export type Variables = z.output<typeof variables>

/**
 * Conflicts between variables that are valid alone. @param env distinguishes a missing
 * variable from an invalid one.
 */
export function findContradictions (values: Variables, env: Record<string, string>): string[] {
  const problems: string[] = []
  if (values.REDIS_URL !== undefined && values.SECRET_KEY === undefined && !env['SECRET_KEY']) {
    problems.push(
      'SECRET_KEY: required with REDIS_URL, so that every instance shares it; write the output of: openssl rand -base64 32'
    )
  }
  if ((values.EMBEDDINGS_BASE_URL === undefined) !== (values.EMBEDDINGS_MODEL === undefined)) {
    problems.push('EMBEDDINGS_MODEL: set EMBEDDINGS_BASE_URL and EMBEDDINGS_MODEL together, or neither')
  }
  if (values.EMBEDDINGS_BASE_URL !== undefined && values.DATABASE_URL !== undefined) {
    problems.push('EMBEDDINGS_BASE_URL: the index in Postgres has no embeddings; remove this variable or DATABASE_URL')
  }
  if (values.SMTP_URL !== undefined && values.MAIL_FROM === undefined) {
    problems.push('MAIL_FROM: required with SMTP_URL; write the sender, for example My server <mcp@example.com>')
  }
  if (values.ID_JAG_ISSUERS.length > 0 && values.AUTH_BACKEND?.includes('none')) {
    problems.push('ID_JAG_ISSUERS: with AUTH_BACKEND=none there are no people and no tokens; remove one of the two')
  }
  const { home, mcp: _, ...others } = createPaths({ mcpPath: values.MCP_PATH, basePath: values.BASE_PATH })
  if (Object.values(others).includes(home)) {
    problems.push(`MCP_PATH: something else of this server is at ${home}; choose another path`)
  }
  if (values.CLIENT_IP_HEADER !== undefined && values.TRUST_PROXY.length > 0) {
    problems.push(
      'CLIENT_IP_HEADER: TRUST_PROXY is set as well, and the two find the address of a visitor in different ways; remove one of them'
    )
  }
  return problems
}
