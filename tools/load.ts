// Finds what this server offers: every file of a folder whose default export is a tool, a resource or a prompt. Whatever is wrong with any of them is said in one message, before anything is served.
import { readdir } from 'node:fs/promises'
import { problemsOf, type Kind } from './check.ts'
import type { Prompt } from './define-prompt.ts'
import type { Resource } from './define-resource.ts'
import type { ToolDefinition } from './define-tool.ts'

/** What clients can be offered, each kind in the order of its names. */
export interface Offer {
  tools: ToolDefinition[]
  resources: Resource[]
  prompts: Prompt[]
}

/** The tools of a folder, as {@link loadOffer} finds them. */
export const loadTools = async (folder: URL): Promise<ToolDefinition[]> => (await loadOffer(folder)).tools

/**
 * @param folder files in it without a default export are helpers; folders in it are not looked at.
 * @param version loads the files anew, for another version than those before.
 * @throws Error that lists everything wrong with every file.
 */
export async function loadOffer (folder: URL, version?: number): Promise<Offer> {
  const problems: string[] = []
  const taken = new Map<string, string>()
  const offer: Offer = { tools: [], resources: [], prompts: [] }
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).sort()) {
    const url = new URL(encodeURIComponent(file), asFolder(folder))
    if (version !== undefined) url.searchParams.set('version', String(version))
    const candidate = await importDefault(url, file, problems)
    if (candidate === undefined) continue
    const kind = kindOf(candidate)
    const wrong = problemsOf(kind, candidate)
    problems.push(...wrong.map((problem) => `${file}: ${problem}`))
    for (const { name, says } of namesOf(kind, candidate)) {
      const other = taken.get(name)
      if (other === undefined) taken.set(name, file)
      else problems.push(`${file}: ${says} is taken by ${other}`)
    }
    if (wrong.length === 0) (offer[`${kind}s`] as unknown[]).push(candidate)
  }
  if (problems.length > 0) throw new Error(`These tools cannot be served:\n${problems.map((line) => `  - ${line}`).join('\n')}`)
  for (const list of Object.values(offer) as Array<Array<{ name: string }>>) list.sort((a, b) => a.name < b.name ? -1 : 1)
  return offer
}

/** By what it does: a resource is read, a prompt is written, and everything else has to be a tool. */
const kindOf = (candidate: unknown): Kind =>
  'read' in Object(candidate) ? 'resource' : 'write' in Object(candidate) ? 'prompt' : 'tool'

/** The names that nothing else of its kind may have. */
function namesOf (kind: Kind, candidate: unknown): Array<{ name: string, says: string }> {
  const { name, aliases, uri } = Object(candidate) as { name?: unknown, aliases?: unknown, uri?: unknown }
  const former = kind === 'tool' && Array.isArray(aliases) ? aliases as unknown[] : []
  return [
    ...[name, ...former].filter((name) => typeof name === 'string').map((name) => ({ name: `${kind} ${name}`, says: `the name ${JSON.stringify(name)}` })),
    ...(kind === 'resource' && typeof uri === 'string' ? [{ name: `uri ${uri}`, says: `the uri ${JSON.stringify(uri)}` }] : [])
  ]
}

const asFolder = (folder: URL): URL => folder.pathname.endsWith('/') ? folder : new URL(`${folder.href}/`)

async function importDefault (url: URL, file: string, problems: string[]): Promise<unknown> {
  try {
    return (await import(url.href)).default
  } catch (error) {
    problems.push(`${file}: it could not be loaded: ${(error as Error).message}`)
    return undefined
  }
}
