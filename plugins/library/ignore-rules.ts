// Decides which paths of the folder are ignored: hidden ones, those of package managers, and those that a `.gitignore` or
// `.mcpignore` inside the folder names. The server only reads these files; what they mean is found out in a worker.
import type { Dirent } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { textOf } from './characters.ts'
import { readBeginning } from './extract.ts'
import { isPassing } from './file-fault.ts'
import type { Question } from './ignore-task.ts'
import { SkippedFile } from './skipped-file.ts'

/** The later one wins: `!drafts/` in a `.mcpignore` includes again what git ignores. */
const FILES = ['.gitignore', '.mcpignore'] as const
/** Bytes; a longer file is not a list of rules. */
const MAX_BYTES = 100_000
/** Characters of all rules for one path. */
const MAX_ALL = 500_000
/** Names that are asked for at once. */
const MAX_NAMES = 1_000

/** Whether a change of this file can change which other files are read. */
export const isRules = (name: string): boolean => (FILES as readonly string[]).includes(name)

/** Hidden files, and folders of package managers. Only the part of the path below the root counts. */
export const isHidden = (id: string): boolean =>
  id.split('/').some((name) => name.startsWith('.') || name === 'node_modules')

/** @throws SkippedFile when that takes too long. */
export type AskRules = (question: Question) => Promise<boolean[]>

/** All throw where the rules cannot be read, take too long, or are too many: what they would ignore must not be read. */
export interface IgnoreRules {
  /** @param id a path inside the folder, whether or not anything above it is ignored. */
  isIgnored(id: string, isDirectory: boolean): Promise<boolean>
  /** The same by the rules alone, whether or not it is hidden. */
  isNamed(id: string, isDirectory: boolean): Promise<boolean>
  /** What is in a folder that is not ignored itself, by name, without what is. */
  kept(directory: string, entries: readonly Dirent[]): Promise<Dirent[]>
}

/** The rules of one folder, for itself and what is below it. */
interface Rules {
  directory: string
  text: string
}

/** The rules as they are now; create them again for each read of the folder. @param root a real path. */
export function createIgnoreRules (root: string, ask: AskRules): IgnoreRules {
  const rules = new Map<string, Promise<readonly Rules[]>>()
  const folders = new Map<string, Promise<boolean>>()

  /** Those that count in a folder, the nearest first. Each folder is looked at once. */
  const rulesIn = (directory: string) => remembered(rules, directory, async (): Promise<readonly Rules[]> => {
    const text = await readRules(root, directory)
    const above = directory === '' ? [] : await rulesIn(parentOf(directory))
    if (text === undefined) return above
    const all = [{ directory, text }, ...above]
    if (all.reduce((sum, { text }) => sum + text.length, 0) <= MAX_ALL) return all
    throw new SkippedFile('the rules of its .gitignore and those above are too long', 'ignore rules')
  })

  /** @param names folders end with a slash. */
  async function areNamed (directory: string, names: readonly string[]): Promise<boolean[]> {
    const all = await rulesIn(directory)
    if (all.length === 0) return names.map(() => false)
    const paths = names.map((name) => (directory === '' ? name : `${directory}/${name}`))
    return ask({
      rules: all.map(({ directory: above, text }) => ({ text, paths: paths.map((path) => below(path, above)) }))
    })
  }

  const isFolderIgnored = (id: string): Promise<boolean> => remembered(folders, id, async () => {
    if (id === '') return false
    return (await isFolderIgnored(parentOf(id))) || (await areNamed(parentOf(id), [`${nameOf(id)}/`]))[0]!
  })

  async function isNamed (id: string, isDirectory: boolean): Promise<boolean> {
    if (id === '') return false
    if (isDirectory) return isFolderIgnored(id)
    return (await isFolderIgnored(parentOf(id))) || (await areNamed(parentOf(id), [nameOf(id)]))[0]!
  }

  return {
    isIgnored: async (id, isDirectory) => isHidden(id) || isNamed(id, isDirectory),
    isNamed,
    async kept (directory, entries) {
      const kept: Dirent[] = []
      const shown = entries.filter(({ name }) => !isHidden(name))
      for (let at = 0; at < shown.length; at += MAX_NAMES) {
        const some = shown.slice(at, at + MAX_NAMES)
        const isNamed = await areNamed(directory, some.map((entry) => `${entry.name}${entry.isDirectory() ? '/' : ''}`))
        kept.push(...some.filter((_, index) => !isNamed[index]))
      }
      return kept.sort((one, other) => (one.name < other.name ? -1 : 1))
    }
  }
}

function remembered<T> (known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make()
  known.set(key, made)
  return made
}

const parentOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('/')))
const nameOf = (id: string): string => id.slice(id.lastIndexOf('/') + 1)
const below = (id: string, directory: string): string => (directory === '' ? id : id.slice(directory.length + 1))

/** Of what is not there, leads nowhere or is no file. */
const WITHOUT_RULES = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'])

/** What is no file, or leads out of the folder, has no rules. @throws SkippedFile, or a passing fault, where they are not known. */
async function readRules (root: string, directory: string): Promise<string | undefined> {
  const texts = await Promise.all(FILES.map(async (name) => {
    const id = directory === '' ? name : `${directory}/${name}`
    const unknown = (why: string) => new SkippedFile(`its ${name} ${why}`, 'ignore rules')
    let bytes: Buffer
    try {
      // Most folders have none, and resolving a path takes the square of its depth.
      await lstat(join(root, id))
      bytes = await readBeginning(root, id, MAX_BYTES)
    } catch (error) {
      const { code = '' } = error as { code?: string }
      if (error instanceof SkippedFile || WITHOUT_RULES.has(code)) return ''
      throw isPassing(error) ? error : unknown(`cannot be read (${code})`)
    }
    try {
      return textOf(bytes.length < MAX_BYTES ? bytes : withoutLastLine(bytes))
    } catch {
      throw unknown('is not text')
    }
  }))
  const text = texts.join('\n')
  return text.trim() === '' ? undefined : text
}

/** Of a line that is cut, half a rule and half a character would be left. */
const withoutLastLine = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.lastIndexOf('\n') + 1)
