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
import { foldersOf, loadOffer } from '../authoring/loader/load.ts'
import { configureTools, type ConfiguredTool } from '../authoring/loader/open.ts'
import { describeProblems, findBackends } from './backends.ts'
import { BuiltInTools } from './built-in-tools.ts'
import { readIdentity } from './identity.ts'
import {
  addressOf,
  clientSettings,
  lifetimes,
  networkSettings,
  operationsSettings,
  signInSettings,
  storageSettings
} from './settings.ts'
import { findContradictions, variables } from './variables.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export type Config = Readonly<Awaited<ReturnType<typeof loadConfig>>>

/** Everything that is wrong with the environment, in one message for the operator. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor (problems: string[]) {
    const list = problems.map((line) => `  - ${line}`).join('\n')
    super(
      `The configuration is invalid. Change these variables and start again:\n${list}\nAll variables are explained in .env.example.`
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

/**
 * @param environment an empty value counts as unset.
 * @param folder what relative paths are relative to.
 * @param folders where tools, resources, prompts and sources are: by default what comes with the server, and the project's
 * own. The variables of the tools are checked.
 * @throws ConfigError naming every invalid variable and what to write instead; Error for tools that cannot be served.
 */
export async function loadConfig (
  environment: Environment,
  folder = process.cwd(),
  folders: readonly URL[] = findFolders(folder)
) {
  const env = withoutEmpty(environment)
  const parsed = variables.safeParse(env)
  const problems = parsed.success ? [] : describeProblems(parsed.error)
  // Invalid variables do not stop the checks: one message lists everything.
  const values = parsed.data ?? variables.parse(without(env, parsed.error))
  const { publicUrl, local } = addressOf(values)
  const names = values.AUTH_BACKEND ?? (local && values.NODE_ENV !== 'production' ? ['demo', 'local'] : ['local'])
  const found = await findBackends(names, env, folder)
  const toolEnv = parsed.success ? env : without(env, parsed.error)
  const builtIn = new BuiltInTools(values.BUILTIN_TOOLS)
  const offerOf = (version?: number) => loadOffer(folders, version, builtIn.isOffered)
  const tools = configureTools((await offerOf()).tools, toolEnv)
  const { identity, problems: unreadable } = readIdentity(values, folder)
  problems.push(...unreadable, ...found.problems, ...tools.problems, ...builtIn.problems(), ...findContradictions(values, env))
  if (problems.length > 0) throw new ConfigError(problems)

  return Object.freeze({
    port: values.PORT,
    host: values.HOST,
    publicUrl,
    /** Whether the public URL is this computer: then development defaults apply. */
    local,
    /** False with AUTH_BACKEND=none: no OAuth, and the tools are open to every caller that reaches the port. */
    signIn: found.backends.length > 0,
    backends: found.backends,
    /** Makes tools ready to be opened with this environment. @throws ConfigError when one of their variables is invalid. */
    configureTools (definitions: readonly ToolDefinition[]): ConfiguredTool[] {
      const { tools, problems } = configureTools(definitions, toolEnv)
      if (problems.length > 0) throw new ConfigError(problems)
      return tools
    },
    /** Where tools, resources, prompts and sources are. */
    folders,
    /** What the folders offer. @param version loads the files again. */
    loadOffer: offerOf,
    /** Whose server this is. */
    identity,
    ...storageSettings(values, folder),
    ...signInSettings(values, local),
    ...clientSettings(values),
    ...networkSettings(values),
    ...lifetimes(values),
    ...operationsSettings(values)
  })
}

/** In a clone the two are the same. */
function findFolders (project: string): URL[] {
  const all = [new URL('../', import.meta.url), pathToFileURL(`${resolve(project)}/`)].flatMap(foldersOf)
  return all.filter(({ href }, index) => all.findIndex((folder) => folder.href === href) === index)
}

const withoutEmpty = (environment: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== '')
  ) as Record<string, string>

function without (env: Record<string, string>, error: z.ZodError): Record<string, string> {
  const invalid = new Set(error.issues.map((issue) => String(issue.path[0])))
  return Object.fromEntries(Object.entries(env).filter(([name]) => !invalid.has(name)))
}
