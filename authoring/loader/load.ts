// Finds what this server offers: every file of the given folders whose default export is a tool, a resource, a prompt
// or a source.
import { readdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { problemsOf, type Kind } from './validate.ts'
import type { Prompt } from '../prompt.ts'
import type { Resource } from '../resource.ts'
import type { LibrarySource } from '../source.ts'
import type { ToolDefinition } from '../tool.ts'

/** What clients can be offered, each kind in the order of its names. */
export interface Offer {
  tools: ToolDefinition[]
  resources: Resource[]
  prompts: Prompt[]
  sources: LibrarySource[]
}

/** The names of the folders of a project that may hold what it offers. */
const FOLDER_NAMES = ['tools', 'resources', 'prompts', 'sources'] as const

/**
 * @param project the folder that holds `tools/`, `resources/`, `prompts/` and `sources/`; any of them may be missing.
 */
export const foldersOf = (project: URL): URL[] => FOLDER_NAMES.map((name) => new URL(`${name}/`, asFolder(project)))

/**
 * @param folders files in them without a default export are helpers; their subfolders are not read. A missing folder
 * counts as empty.
 * @param version loads the files again, under another version than before.
 * @param isOffered whether to offer a tool of a folder; the others are checked and left out.
 * @param given what to offer besides, checked in the same way.
 * @throws Error that lists everything wrong with every file.
 */
export async function loadOffer (
  folders: readonly URL[],
  version?: number,
  isOffered: (name: string, folder: URL, file: string) => boolean = () => true,
  given: Partial<Offer> = {}
): Promise<Offer> {
  const problems: string[] = []
  const taken = new Map<string, string>()
  const offer: Offer = { tools: [], resources: [], prompts: [], sources: [] }
  const candidates = [...(await candidatesIn(folders, version, problems)), ...candidatesOf(given)]
  for (const { home, file, kind, candidate } of candidates) {
    const wrong = problemsOf(kind, candidate)
    problems.push(...wrong.map((problem) => `${file}: ${problem}`))
    if (kind === 'tool' && wrong.length === 0 && home && !isOffered((candidate as ToolDefinition).name, home, file)) continue
    for (const { name, says } of namesOf(kind, candidate)) {
      const other = taken.get(name)
      if (other === undefined) taken.set(name, file)
      else problems.push(`${file}: ${says} is taken by ${other}`)
    }
    if (wrong.length === 0) (offer[`${kind}s`] as unknown[]).push(candidate)
  }
  if (problems.length > 0) { throw new Error(`These files cannot be served:\n${problems.map((line) => `  - ${line}`).join('\n')}`) }
  for (const list of Object.values(offer) as Array<Array<{ name: string }>>) { list.sort((a, b) => (a.name < b.name ? -1 : 1)) }
  return offer
}

/** Something that may be offered. */
interface Candidate {
  /** Its folder, if it comes from a file. */
  home?: URL
  /** What the problems with it are said about. */
  file: string
  kind: Kind
  candidate: unknown
}

async function candidatesIn (
  folders: readonly URL[],
  version: number | undefined,
  problems: string[]
): Promise<Candidate[]> {
  const candidates: Candidate[] = []
  for (const { home, file, url } of (await Promise.all(folders.map(filesOf))).flat()) {
    if (version !== undefined) url.searchParams.set('version', String(version))
    const candidate = await importDefault(url, file, problems)
    if (candidate === undefined) continue
    candidates.push({ home, file, kind: kindOf(candidate, basename(home.pathname)), candidate })
  }
  return candidates
}

const candidatesOf = (given: Partial<Offer>): Candidate[] =>
  Object.entries(given).flatMap(([list, members]) =>
    members.map((candidate, index) => ({ file: `${list}[${index}]`, kind: list.slice(0, -1) as Kind, candidate }))
  )

async function filesOf (folder: URL): Promise<Array<{ home: URL; file: string; url: URL }>> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .filter((name) => /(?<!\.d)\.[cm]?[jt]s$/.test(name))
    .sort()
    .map((file) => ({
      home: folder,
      file,
      url: new URL(encodeURIComponent(file), asFolder(folder))
    }))
}

/**
 * A source by its folder; the others by what they do: a resource is read, a prompt is written, and everything else has
 * to be a tool.
 */
function kindOf (candidate: unknown, folder: string): Kind {
  if (folder === 'sources') return 'source'
  const members = Object(candidate) as object
  if ('read' in members) return 'resource'
  return 'write' in members ? 'prompt' : 'tool'
}

/** The names that nothing else of its kind may have. */
function namesOf (kind: Kind, candidate: unknown): Array<{ name: string; says: string }> {
  const { name, aliases, uri } = Object(candidate) as { name?: unknown; aliases?: unknown; uri?: unknown }
  const former = kind === 'tool' && Array.isArray(aliases) ? (aliases as unknown[]) : []
  return [
    ...[name, ...former]
      .filter((name) => typeof name === 'string')
      .map((name) => ({ name: `${kind} ${name}`, says: `the name ${JSON.stringify(name)}` })),
    ...(kind === 'resource' && typeof uri === 'string'
      ? [{ name: `uri ${uri}`, says: `the uri ${JSON.stringify(uri)}` }]
      : [])
  ]
}

const asFolder = (folder: URL): URL => (folder.pathname.endsWith('/') ? folder : new URL(`${folder.href}/`))

async function importDefault (url: URL, file: string, problems: string[]): Promise<unknown> {
  try {
    const module = (await import(url.href)) as Record<string, unknown>
    const named = Object.keys(module).find((name) => isOffered(module[name]))
    if (module['default'] === undefined && named !== undefined) {
      problems.push(`${file}: it exports ${named} by name only, so it is not offered; write: export default ${named}`)
    }
    return module['default']
  } catch (error) {
    problems.push(`${file}: it could not be loaded: ${(error as Error).message}`)
    return undefined
  }
}

/** What defineTool, defineResource and definePrompt return; a helper has no name and no such function. */
const isOffered = (value: unknown): boolean => {
  const members = Object(value) as Record<string, unknown>
  const does = ['run', 'read', 'write'].some((name) => typeof members[name] === 'function')
  return typeof value === 'object' && typeof members['name'] === 'string' && does
}
