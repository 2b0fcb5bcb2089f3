// The environment, read once: a frozen Config, or one message that lists everything wrong. Nothing else reads the
// environment.
// This room owns every variable that belongs to no backend and no tool: its schema, its default and what it means. It
// hands the frozen Config to everything else.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'
import type { z } from 'zod'
import type { ToolDefinition } from '../authoring/tool.ts'
import type { BackendModule } from '../auth-backends/contract.ts'
import { foldersOf, loadOffer, type Offer } from '../authoring/loader/load.ts'
import { configureTools, type ConfiguredTool } from '../authoring/loader/open.ts'
import { describeProblems, findBackends } from './backends.ts'
import { createAccessReader } from './access-rules.ts'
import { BuiltInTools } from './built-in-tools.ts'
import { readIdentity } from './identity.ts'
import { readUpstreamSettings, type GivenUpstream } from './mcp-json/index.ts'
import { shownSettings } from './shown.ts'
import {
  addressOf,
  clientSettings,
  lifetimes,
  networkSettings,
  operationsSettings,
  placeOf,
  signInSettings,
  storageSettings
} from './settings.ts'
import { findContradictions, variables } from './variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type Config = Readonly<Awaited<ReturnType<typeof loadConfig>>>

/** Everything that is wrong with the environment, in one message for the operator. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]
  constructor (
    problems: readonly string[],
    title = 'The configuration is invalid. Change these variables and start again:',
    reference = 'All variables are explained in .env.example.'
  ) {
    super([title, ...problems.map((line) => `  - ${line}`), reference].join('\n'))
    this.problems = problems
  }
}

/** What a program gives in its code, beside the variables. */
export interface Given {
  offer?: Partial<Offer>
  /** By the names that AUTH_BACKEND has for them. */
  backends?: ReadonlyMap<string, BackendModule>
  /** Instead of mcp.json. */
  upstreams?: readonly GivenUpstream[]
  /** Whether a variable that nothing reads is a mistake. */
  isStrict?: boolean
}

/**
 * The process's environment over the `.env` file of this folder, if there is one.
 * @throws ConfigError for a file that is no text.
 */
export function readEnvironment (folder = process.cwd()): Environment {
  const path = join(folder, '.env')
  try {
    return { ...parseEnv(textOf(path, readFileSync(path))), ...process.env }
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error
  }
  return { ...process.env }
}

/**
 * Editors and shells of Windows write a mark in front, or UTF-16. Read as UTF-8 the first variable, or every one, would have a
 * name that nothing reads: who may sign in would be forgotten without a word (threat AD-30).
 */
function textOf (path: string, bytes: Buffer): string {
  const encoding = MARKS[bytes.toString('hex', 0, 2)] ?? 'utf-8'
  const text = new TextDecoder(encoding).decode(bytes)
  if (!text.includes('\0')) return text
  throw new ConfigError([`${path}: is not written in UTF-8; save it in UTF-8`])
}

/** The Unicode standard §23.8. What decodes takes the mark away. */
const MARKS: Readonly<Record<string, string>> = { fffe: 'utf-16le', feff: 'utf-16be' }

/**
 * @param environment an empty value counts as unset.
 * @param folder what relative paths are relative to.
 * @param folders where tools, resources, prompts and sources are: by default what comes with the server, and the project's
 * own. The variables of the tools are checked.
 * @param given what else is offered, and who else may sign in.
 * @throws ConfigError naming every invalid variable and what to write instead; Error for tools that cannot be served.
 */
export async function loadConfig (
  environment: Environment,
  folder = process.cwd(),
  folders: readonly URL[] = findFolders(folder),
  { offer, backends, upstreams, isStrict = false }: Given = {}
) {
  const env = withoutEmpty(environment)
  const parsed = variables.safeParse(env)
  const problems = parsed.success ? [] : describeProblems(parsed.error)
  // Invalid variables do not stop the checks: one message lists everything.
  const values = parsed.data ?? variables.parse(without(env, parsed.error))
  const { publicUrl, local } = addressOf(values)
  const names = values.AUTH_BACKEND ?? (local && values.NODE_ENV !== 'production' ? ['demo', 'local'] : ['local'])
  const found = await findBackends(names, env, folder, backends)
  const toolEnv = parsed.success ? env : without(env, parsed.error)
  const builtIn = new BuiltInTools(values.BUILTIN_TOOLS, folders)
  const access = createAccessReader(values.ACCESS, folder, resolve(folder, values.DOCS_DIR))
  const place = { environment: env, folder, signIn: !names.includes('none') }
  const mcpJson = readUpstreamSettings(values.UPSTREAMS, place, access.followUpstreams, upstreams)
  const offerOf = async (version?: number) => access.follow(await loadOffer(folders, version, builtIn.isOffered, offer))
  const offered = (await offerOf()).tools
  const tools = configureTools(offered, toolEnv)
  const { identity, problems: unreadable } = readIdentity(values, folder)
  problems.push(...unreadable, ...found.problems, ...tools.problems, ...builtIn.problems(), ...access.problems())
  problems.push(...mcpJson.problems, ...findContradictions(values, env))
  const read: object[] = [...found.variables, ...offered.flatMap((tool) => ('env' in tool ? [tool.env.shape] : [])), mcpJson.variables()]
  if (isStrict) problems.push(...findUnread(env, [variables.shape, ...read]))
  if (problems.length > 0) throw new ConfigError(problems)

  const effective = { ...values, PUBLIC_URL: publicUrl, AUTH_BACKEND: names, RATE_LIMITS: values.RATE_LIMITS ? 'on' : 'off', SIGNUP: signInSettings(values, local).signup }
  return Object.freeze({
    port: values.PORT,
    host: values.HOST,
    publicUrl,
    /** Whether the public URL is this computer: then development defaults apply. */
    local,
    /**
     * False with AUTH_BACKEND=none: no OAuth, and the tools are open to every caller that
     * reaches the port.
     */
    signIn: found.backends.length > 0,
    backends: found.backends,
    /**
     * Makes tools ready to be opened with this environment. @throws ConfigError when one of
     * their variables is invalid.
     */
    configureTools (definitions: readonly ToolDefinition[]): ConfiguredTool[] {
      const { tools, problems } = configureTools(definitions, toolEnv)
      if (problems.length > 0) throw new ConfigError(problems)
      return tools
    },
    /** Where tools, resources, prompts and sources are. */
    folders,
    /** What the folders offer. @param version loads the files again. */
    loadOffer: offerOf,
    /** Absolute path of access.json, which may be missing. */
    accessFile: access.path,
    hasAccessRules: access.exists,
    /**
     * Reads the access rules as the file has them now. @param resources that it may name.
     * @throws when it cannot be read.
     */
    readAccessRules: access.read,
    ...mcpJson.settings,
    /**
     * What the commands of mcp.json get of the environment besides what is written there.
     */
    processEnvironment: withoutEmpty({ PATH: env['PATH'] ?? process.env['PATH'], HOME: env['HOME'] ?? process.env['HOME'] }),
    /** Where a tool comes from, in words; undefined for one that no file has. */
    placeOfTool: builtIn.placeOf,
    /** What owners may see of the variables. */
    settings: shownSettings(env, effective, Object.keys(variables.shape), read.flatMap((shape) => Object.keys(shape))),
    /** Whose server this is. */
    identity,
    ...placeOf(values, publicUrl),
    ...storageSettings(values, folder),
    ...signInSettings(values, local),
    ...clientSettings(values),
    ...networkSettings(values),
    ...lifetimes(values),
    ...operationsSettings(values)
  })
}

/** What comes with the server. */
export const builtInFolders = foldersOf(new URL('../', import.meta.url))

/** In a clone the two are the same. */
function findFolders (project: string): URL[] {
  const all = [...builtInFolders, ...foldersOf(pathToFileURL(`${resolve(project)}/`))]
  return all.filter(({ href }, index) => all.findIndex((folder) => folder.href === href) === index)
}

/**
 * @param read what is read, as members. @returns a sentence for each variable that is not.
 */
const findUnread = (env: Readonly<Record<string, string>>, read: readonly object[]): string[] =>
  Object.keys(env)
    .filter((name) => !read.some((shape) => Object.hasOwn(shape, name)))
    .map((name) => `${name}: nothing here reads it; correct its name, or add the backend or tool that does`)

const withoutEmpty = (environment: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== '')
  ) as Record<string, string>

function without (env: Record<string, string>, error: z.ZodError): Record<string, string> {
  const invalid = new Set(error.issues.map((issue) => String(issue.path[0])))
  return Object.fromEntries(Object.entries(env).filter(([name]) => !invalid.has(name)))
}
