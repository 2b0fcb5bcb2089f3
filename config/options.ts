// The options of the Fastify plugin: the names of the variables in camel case, checked by the same schemas, with the
// same one message; and what a program gives in its code: tools, resources, prompts, sources and backends.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { BackendModule } from '../auth-backends/contract.ts'
import type { Offer } from '../authoring/loader/load.ts'
import type { ToolDefinition } from '../authoring/tool.ts'
import { builtInFolders, ConfigError, loadConfig, type Config } from './index.ts'
import { variables, type Variables } from './variables.ts'

/** What the application decides that the plugin is a part of, and where. */
const APPLICATIONS_OWN = {
  PORT: 'the application listens; leave it out',
  HOST: 'the application listens; leave it out',
  HEADERS_TIMEOUT: 'set it where the application is created: fastify({ http: { headersTimeout } })',
  REQUEST_TIMEOUT: 'set it where the application is created: fastify({ requestTimeout })',
  TRUST_PROXY: 'set it where the application is created: fastify({ trustProxy })',
  CLIENT_IP_HEADER: 'the address is that of the application: fastify({ trustProxy })',
  LOG_FORMAT: 'lines go to the logger of the application: fastify({ logger })',
  SHUTDOWN_DELAY: 'the application decides when it closes; leave it out',
  FLY_APP_NAME: 'set publicUrl',
  NODE_ENV: 'set authBackends'
} as const

/** What a server within an application does unless its options say otherwise. */
const DEFAULTS = {
  MCP_PATH: '/mcp',
  BUILTIN_TOOLS: 'none',
  // A click without a password is offered only where it was asked for.
  AUTH_BACKEND: 'local'
}

type CamelCase<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>

/** As text it is what the variable would be: a list with commas, an object as JSON. An empty one counts as unset. */
type OptionValue = string | number | boolean | object | undefined

type OwnName = keyof typeof APPLICATIONS_OWN | 'AUTH_BACKEND' | 'LOG_LEVEL'
type VariableOptions = {
  readonly [Name in Exclude<keyof Variables, OwnName> as CamelCase<Name>]?: OptionValue
}

/** A backend of the application itself. Its id is stored with every user, so it never changes. */
export type OwnBackend = BackendModule & { readonly id: string }

/** Variables of backends and tools, such as `oidcIssuer`, are options as well. */
export interface PluginOptions extends VariableOptions {
  /** The origin at which people reach the application: `https://app.example.com`. */
  readonly publicUrl?: string | URL
  /** What to offer: what `defineTool` returns, and folders of files that export it. */
  readonly tools?: ReadonlyArray<ToolDefinition | string | URL>
  readonly resources?: Offer['resources']
  readonly prompts?: Offer['prompts']
  readonly sources?: Offer['sources']
  /** Names (`demo`, `github`, `local`, `oidc`, `supabase`), paths of modules, and modules with an id. `local` if absent. */
  readonly authBackends?: ReadonlyArray<string | OwnBackend>
  readonly [variable: string]: unknown
}

/**
 * @param options without those that Fastify itself reads at `register`.
 * @throws ConfigError that names every wrong option as it was written, and what to write instead.
 */
export async function loadOptions (options: PluginOptions): Promise<Config> {
  const { tools = [], resources = [], prompts = [], sources = [], authBackends = [], ...settings } = options
  const written = new Map(Object.keys(settings).map((option) => [variableOf(option), option]))
  const { names, backends, problems } = readBackends(authBackends)
  const env = {
    ...DEFAULTS,
    ...(names && { AUTH_BACKEND: names }),
    ...environmentOf(settings)
  } as Record<string, string>
  problems.push(...takeApplicationsOwn(env))
  if (env['PUBLIC_URL'] === undefined) problems.push(NO_PUBLIC_URL)
  const given = {
    offer: { tools: tools.filter((tool): tool is ToolDefinition => !isFolder(tool)), resources, prompts, sources },
    backends,
    // An mcp.json of the application may be for something else.
    ...(env['UPSTREAMS'] === undefined && { upstreams: [] }),
    isStrict: true
  }
  const folders = [
    ...(env['BUILTIN_TOOLS'] === 'none' ? [] : builtInFolders),
    ...tools.filter(isFolder).map(asUrl)
  ]
  const config = await loadConfig(env, process.cwd(), folders, given).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error
    problems.push(...error.problems)
  })
  if (config === undefined || problems.length > 0) throw new OptionsError(problems, written)
  // The ./docs of an application is not for everyone who signs in here.
  return env['DOCS_DIR'] === undefined ? Object.freeze({ ...config, docsDir: undefined }) : config
}

const NO_PUBLIC_URL =
  'PUBLIC_URL: write the origin at which people reach the application, for example https://app.example.com'

/** The one message, with the names that the caller wrote. */
class OptionsError extends ConfigError {
  constructor (problems: readonly string[], written: ReadonlyMap<string, string>) {
    const isVariable = (word: string) =>
      written.has(word) || word.includes('_') || word in variables.shape || word in APPLICATIONS_OWN
    const say = (word: string) => (isVariable(word) ? (written.get(word) ?? optionOf(word)) : word)
    super(
      problems.map((problem) => problem.replace(/\b[A-Z][A-Z0-9_]+\b/g, say)),
      'The options of mcp-oauth-server are invalid. Change these and start again:',
      'All options are explained in docs/fastify-plugin.md.'
    )
  }
}

const optionOf = (variable: string): string =>
  variable === 'AUTH_BACKEND'
    ? 'authBackends'
    : variable.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

const variableOf = (option: string): string => option.replace(/[A-Z]/g, '_$&').toUpperCase()

function environmentOf (settings: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(settings).map(([option, value]) => [variableOf(option), textOf(value)] as const)
  return Object.fromEntries(entries.filter(([, text]) => text.trim() !== ''))
}

function textOf (value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value) && value.every((entry) => typeof entry !== 'object')) return value.join(',')
  return typeof value === 'object' && !(value instanceof URL) ? JSON.stringify(value) : String(value)
}

const isFolder = (tool: ToolDefinition | string | URL): tool is string | URL =>
  typeof tool === 'string' || tool instanceof URL

const asUrl = (folder: string | URL): URL =>
  typeof folder === 'string' ? pathToFileURL(`${resolve(folder)}/`) : folder

/** Takes out what is not the plugin's to decide. @returns a sentence for each. */
function takeApplicationsOwn (env: Record<string, string>): string[] {
  return Object.entries(APPLICATIONS_OWN).flatMap(([name, help]) => {
    if (env[name] === undefined) return []
    delete env[name]
    return `${name}: ${help}`
  })
}

const ID = /^[a-z][a-z0-9-]{0,63}$/
const ID_HELP =
  "a module needs an id of lower-case letters, digits and -, which is stored with every user: { id: 'staff', ...module }"

/** @returns what AUTH_BACKEND would be, and the modules by their ids. */
function readBackends (given: ReadonlyArray<string | OwnBackend>) {
  const backends = new Map<string, BackendModule>()
  const problems: string[] = []
  const refuse = (index: number, help: string) => problems.push(`authBackends[${index}]: ${help}`)
  const names = given.map((backend, index) => {
    if (typeof backend === 'string') return backend
    const { id = '', env, open } = Object(backend) as Partial<OwnBackend>
    const isModule = env instanceof z.ZodObject && typeof open === 'function'
    if (typeof id !== 'string' || !ID.test(id)) refuse(index, ID_HELP)
    else if (backends.has(id)) refuse(index, `there are two with the id ${JSON.stringify(id)}`)
    else if (!isModule) refuse(index, 'is not a backend; it needs env (a zod object) and open()')
    else backends.set(id, backend)
    return id
  })
  return { names: names.join(','), backends, problems }
}
