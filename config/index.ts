// The environment, read once: a frozen Config, or one message that lists everything wrong. Nothing else reads the
// environment.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { normalizeEmail, type AuthBackend, type BackendModule, type BackendHost } from '../auth-backends/contract.ts'
import { registry } from '../auth-backends/registry.ts'
import * as read from './parsers.ts'
import { isLoopback, list } from '../authoring/env.ts'
import type { ToolDefinition } from '../authoring/tool.ts'
import { foldersOf, loadOffer } from '../authoring/loader/load.ts'
import { configureTools, type ConfiguredTool } from '../authoring/loader/open.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** A backend that was named and whose variables are right, ready to be opened. */
export interface ConfiguredBackend {
  /** Its name in AUTH_BACKEND: stored with every user, so it never changes. */
  id: string
  developmentOnly: boolean
  open(house: BackendHost): Promise<AuthBackend>
}

export type Config = Readonly<Awaited<ReturnType<typeof loadConfig>>>

/** Everything wrong with the environment, in one message for the operator. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor (problems: string[]) {
    super(
      `The configuration is not right. Change these variables and start again:\n${problems.map((line) => `  - ${line}`).join('\n')}\nAll variables are explained in .env.example.`
    )
  }
}

/** The process's environment over the `.env` file of this folder, if there is one. */
export function readEnvironment (folder = process.cwd()): Environment {
  let file: Environment = {}
  try {
    file = parseEnv(readFileSync(join(folder, '.env'), 'utf8'))
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error
  }
  return { ...file, ...process.env }
}

/** The variables that belong to no backend. `.env.example` documents each; a test compares the two. */
export const variables = z.object({
  PORT: read.integer(0, 65535).default(8080),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: read.publicUrl.optional(),
  FLY_APP_NAME: z.string().optional(),
  NODE_ENV: z.string().optional(),
  AUTH_BACKEND: list.optional(),
  DATA_DIR: z.string().default('./data'),
  REDIS_URL: read.redisUrl.optional(),
  SECRET_KEY: read.secretKeys.optional(),
  DATABASE_URL: read.postgresUrl.optional(),
  DOCS_DIR: z.string().default('./docs'),
  DOCS_BASE_URL: read.httpUrl.optional(),
  SMTP_URL: read.smtpUrl.optional(),
  MAIL_FROM: read.mailFrom.optional(),
  SIGNUP: z.enum(['open', 'invite', 'closed'], 'write open, invite or closed').optional(),
  ALLOWED_EMAILS: read.allowedEmails.default([]),
  CLIENTS: read.clients.default([]),
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
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'write fatal, error, warn, info, debug, trace or silent'
    )
    .default('info'),
  SHUTDOWN_DELAY: read.integer(0, 300).default(0),
  METRICS_TOKEN: read.token.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: read.httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: read.headers.optional(),
  OTEL_SERVICE_NAME: z.string().default('mcp-oauth-server')
})

/**
 * @param environment an empty value counts as unset.
 * @param folder what relative paths are relative to.
 * @param folders where tools, resources, prompts and sources are; the variables of the tools are checked.
 * @throws ConfigError naming every faulty variable and what to write instead; Error for tools that cannot be served.
 */
export async function loadConfig (
  environment: Environment,
  folder = process.cwd(),
  folders: readonly URL[] = foldersOf(new URL('../', import.meta.url))
) {
  const env = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== '')
  ) as Record<string, string>
  const parsed = variables.safeParse(env)
  const problems = parsed.success ? [] : describe(parsed.error)
  // With something wrong already, the rest is checked all the same: one message lists everything.
  const values = parsed.data ?? variables.parse(without(env, parsed.error))
  const publicUrl =
    values.PUBLIC_URL ??
    (values.FLY_APP_NAME ? `https://${values.FLY_APP_NAME}.fly.dev` : `http://localhost:${values.PORT}`)
  const local = isLoopback(new URL(publicUrl).hostname)
  const names = values.AUTH_BACKEND ?? (local && values.NODE_ENV !== 'production' ? ['demo', 'local'] : ['local'])
  const { backends, problems: backendProblems } = await chooseBackends(names, env, folder)
  problems.push(...backendProblems)
  const toolEnv = parsed.success ? env : without(env, parsed.error)
  problems.push(...configureTools((await loadOffer(folders)).tools, toolEnv).problems)
  problems.push(...contradictions(values, env))
  if (problems.length > 0) throw new ConfigError(problems)

  return Object.freeze({
    port: values.PORT,
    host: values.HOST,
    publicUrl,
    /** The public URL is this computer: development defaults apply. */
    local,
    /** False with AUTH_BACKEND=none: no OAuth, tools open to whoever reaches the port. */
    signIn: backends.length > 0,
    backends,
    /** Makes tools ready to be opened with this environment. @throws ConfigError when a variable of theirs is wrong. */
    configureTools (definitions: readonly ToolDefinition[]): ConfiguredTool[] {
      const { tools, problems } = configureTools(definitions, toolEnv)
      if (problems.length > 0) throw new ConfigError(problems)
      return tools
    },
    /** Where tools, resources, prompts and sources are. */
    folders,
    dataDir: resolve(folder, values.DATA_DIR),
    redisUrl: values.REDIS_URL,
    secretKeys: values.SECRET_KEY ?? [],
    databaseUrl: values.DATABASE_URL,
    docsDir: resolve(folder, values.DOCS_DIR),
    docsBaseUrl: values.DOCS_BASE_URL,
    /** `undefined` where this server sends no mail. */
    mail: values.SMTP_URL === undefined ? undefined : { smtpUrl: values.SMTP_URL, from: values.MAIL_FROM! },
    signup: values.SIGNUP ?? (local ? ('open' as const) : ('closed' as const)),
    /**
     * Whether people whom a service knows, such as an OpenID provider, need an invitation to come for the first time:
     * where SIGNUP was set to anything but open.
     */
    newcomersNeedInvitation: values.SIGNUP !== undefined && values.SIGNUP !== 'open',
    /** Addresses and `@domains`, lower case; empty means everyone. */
    allowedEmails: values.ALLOWED_EMAILS.map(normalizeEmail),
    clients: values.CLIENTS,
    /** Hosts whose client metadata documents are taken; empty means every host. */
    clientMetadataHosts: values.CLIENT_METADATA_HOSTS,
    clientMetadataInsecureHosts: values.CLIENT_METADATA_INSECURE_HOSTS,
    corsOrigins: values.CORS_ORIGINS,
    trustProxy: values.TRUST_PROXY,
    /**
     * Lower case; `undefined` where the address of a visitor is that of the connection, or comes through `trustProxy`.
     */
    clientIpHeader:
      values.CLIENT_IP_HEADER ?? (values.FLY_APP_NAME && values.TRUST_PROXY.length === 0 ? 'fly-client-ip' : undefined),
    /** Lifetimes in seconds. */
    accessTokenTtl: values.ACCESS_TOKEN_TTL,
    refreshTokenTtl: values.REFRESH_TOKEN_TTL,
    /** From the consent on; no refresh moves it. */
    grantTtl: values.GRANT_TTL,
    authorizationCodeTtl: values.AUTHORIZATION_CODE_TTL,
    refreshGrace: values.REFRESH_GRACE,
    /** Seconds until a half-sent head, and a half-sent request, is dropped. */
    headersTimeout: values.HEADERS_TIMEOUT,
    requestTimeout: values.REQUEST_TIMEOUT,
    /** Most bytes of a message to the MCP endpoint. */
    bodyLimit: values.BODY_LIMIT,
    /** `null` for no limits. */
    rateLimits: values.RATE_LIMITS,
    logLevel: values.LOG_LEVEL,
    /** Seconds. */
    shutdownDelay: values.SHUTDOWN_DELAY,
    metricsToken: values.METRICS_TOKEN,
    /** Where traces go; nowhere without an endpoint. */
    otlp:
      values.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : {
            endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
            headers: values.OTEL_EXPORTER_OTLP_HEADERS ?? {},
            serviceName: values.OTEL_SERVICE_NAME
          }
  })
}

/** What is wrong between variables that are right by themselves. */
function contradictions (values: z.infer<typeof variables>, env: Record<string, string>): string[] {
  const problems: string[] = []
  if (values.REDIS_URL !== undefined && values.SECRET_KEY === undefined && !env['SECRET_KEY']) {
    problems.push(
      'SECRET_KEY: required with REDIS_URL, so that every instance shares it; write the output of: openssl rand -base64 32'
    )
  }
  if (values.SMTP_URL !== undefined && values.MAIL_FROM === undefined) { problems.push('MAIL_FROM: required with SMTP_URL; write the sender, for example My server <mcp@example.com>') }
  if (values.CLIENT_IP_HEADER !== undefined && values.TRUST_PROXY.length > 0) {
    problems.push(
      'CLIENT_IP_HEADER: TRUST_PROXY is set as well, and the two find the address of a visitor in different ways; remove one of them'
    )
  }
  return problems
}

const describe = (error: z.ZodError): string[] =>
  error.issues.map((issue) => `${issue.path.join('.') || 'environment'}: ${issue.message}`)

function without (env: Record<string, string>, error: z.ZodError): Record<string, string> {
  const faulty = new Set(error.issues.map((issue) => String(issue.path[0])))
  return Object.fromEntries(Object.entries(env).filter(([name]) => !faulty.has(name)))
}

async function chooseBackends (names: string[], env: Record<string, string>, folder: string) {
  const problems: string[] = []
  const backends: ConfiguredBackend[] = []
  if (names.includes('none')) {
    if (names.length > 1) { problems.push('AUTH_BACKEND: none means no sign-in at all and must stand alone; remove it or the others') }
    return { backends, problems }
  }
  for (const id of new Set(names)) {
    const module = await findBackend(id, folder, problems)
    if (!module) continue
    const settings = module.env.safeParse(env)
    if (settings.success) {
      backends.push({
        id,
        developmentOnly: module.developmentOnly === true,
        open: async (house) => module.open(settings.data, house)
      })
    } else problems.push(...describe(settings.error).map((line) => `${line} (AUTH_BACKEND ${id} needs it)`))
  }
  return { backends, problems }
}

/** A name of the registry, or a path to a module of one's own whose default export is a BackendModule. */
async function findBackend (id: string, folder: string, problems: string[]): Promise<BackendModule | undefined> {
  if (Object.hasOwn(registry, id)) return (await registry[id]!()).default
  if (!/^\.{0,2}\//.test(id)) {
    problems.push(
      `AUTH_BACKEND: there is no backend named ${JSON.stringify(id)}; write ${['none', ...Object.keys(registry)].join(', ')}, or a path such as ./my-backend.ts`
    )
    return undefined
  }
  try {
    const module: unknown = (await import(pathToFileURL(resolve(folder, id)).href)).default
    if (isBackendModule(module)) return module
    problems.push(`AUTH_BACKEND: the default export of ${id} is not a backend; it needs env (a zod object) and open()`)
  } catch (error) {
    problems.push(`AUTH_BACKEND: ${id} could not be loaded: ${(error as Error).message}`)
  }
  return undefined
}

function isBackendModule (value: unknown): value is BackendModule {
  const candidate = value as Partial<BackendModule> | undefined
  return candidate?.env instanceof z.ZodObject && typeof candidate.open === 'function'
}
