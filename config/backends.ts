// The sign-in backends that AUTH_BACKEND names: found in the registry or in a module of the operator's, and checked.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { AuthBackend, BackendHost, BackendModule } from '../auth-backends/contract.ts'
import { registry } from '../auth-backends/registry.ts'

/** A backend that AUTH_BACKEND names and whose variables are valid, ready to be opened. */
export interface ConfiguredBackend {
  /** Its name in AUTH_BACKEND: stored with every user, so it never changes. */
  id: string
  developmentOnly: boolean
  open(host: Omit<BackendHost, 'spell'>): Promise<AuthBackend>
}

/** What an invalid variable looks like in the message to the operator. */
export const describeProblems = (error: z.ZodError): string[] =>
  error.issues.map((issue) => `${issue.path.join('.') || 'environment'}: ${issue.message}`)

/**
 * @param folder what a relative path to a module is relative to.
 * @param own modules by their names, before those of the registry.
 * @returns the variables that they read as well, as members.
 */
export async function findBackends (
  names: readonly string[],
  env: Record<string, string>,
  folder: string,
  own: ReadonlyMap<string, BackendModule> = new Map()
): Promise<{ backends: ConfiguredBackend[]; variables: object[]; problems: string[] }> {
  const problems: string[] = []
  const backends: ConfiguredBackend[] = []
  const variables: object[] = []
  if (names.includes('none')) {
    if (names.length > 1) {
      problems.push('AUTH_BACKEND: none means no sign-in and must be the only entry; remove it or the others')
    }
    return { backends, variables, problems }
  }
  for (const id of new Set(names)) {
    const module = own.get(id) ?? (await findModule(id, folder, problems))
    if (!module) continue
    const { names: members, read, spell } = spellingFor(id, Object.keys(module.env.shape))
    variables.push(Object.fromEntries(members.map((name) => [name, true])))
    const settings = module.env.safeParse(read(env))
    if (settings.success) {
      const open: ConfiguredBackend['open'] = async (host) => module.open(settings.data, { ...host, spell })
      backends.push({ id, developmentOnly: module.developmentOnly === true, open })
    } else problems.push(...describeProblems(settings.error).map((line) => `${spell(line)} (AUTH_BACKEND ${id} needs it)`))
  }
  return { backends, variables, problems }
}

/** `oidc:google`: a backend that is there several times, with what tells this one from the others. */
const LABELED = /^([a-z]+):([a-z][a-z0-9_]{0,29})$/

/** How the variables of a backend are written: with the label at the end, if it has one. */
function spellingFor (id: string, variables: readonly string[]) {
  const label = LABELED.exec(id)?.[2]?.toUpperCase()
  const written = (name: string) => (label === undefined ? name : `${name}_${label}`)
  return {
    names: variables.map(written),
    read: (env: Record<string, string>) =>
      Object.fromEntries(variables.flatMap((name) => (Object.hasOwn(env, written(name)) ? [[name, env[written(name)]]] : []))),
    spell: (text: string) => text.replaceAll(/\b[A-Z][A-Z0-9_]+\b/g, (word) => (variables.includes(word) ? written(word) : word))
  }
}

/** By a name in the registry, or by the path of a module whose default export is a BackendModule. */
async function findModule (id: string, folder: string, problems: string[]): Promise<BackendModule | undefined> {
  if (Object.hasOwn(registry, id)) return (await registry[id]!()).default
  const [, kind = ''] = LABELED.exec(id) ?? []
  if (Object.hasOwn(registry, kind)) {
    const module = (await registry[kind]!()).default
    if (module.severalTimes) return module
    problems.push(`AUTH_BACKEND: ${id}: ${kind} can be there once; write ${kind}`)
    return undefined
  }
  if (!/^\.{0,2}\//.test(id)) {
    const names = ['none', ...Object.keys(registry)].join(', ')
    problems.push(
      `AUTH_BACKEND: there is no backend named ${JSON.stringify(id)}; write ${names}, or a path such as ./my-backend.ts`
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
