// Decides which paths of the folder are ignored: hidden ones, those of package managers, and those that a `.gitignore` or
// `.mcpignore` inside the folder names, by git's rules (gitignore(5)).
// Tested in test/plugins/library/indexer.test.ts.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import ignore, { type Ignore } from 'ignore'

/** The later one wins: `!drafts/` in a `.mcpignore` includes again what git ignores. */
const FILES = ['.gitignore', '.mcpignore'] as const
/** Characters; a longer file is not a list of rules. */
const MAX_LENGTH = 100_000

/** Whether a change of this file can change which other files are read. */
export const isRules = (name: string): boolean => (FILES as readonly string[]).includes(name)

/** Hidden files, and folders of package managers. Only the part of the path below the root counts. */
export const isHidden = (id: string): boolean =>
  id.split('/').some((name) => name.startsWith('.') || name === 'node_modules')

export interface IgnoreRules {
  /** @param id a path inside the folder, whether or not anything above it is ignored. */
  isIgnored(id: string, isDirectory: boolean): Promise<boolean>
}

/** The rules as they are now; create them again for each read of the folder. @param root a real path. */
export function createIgnoreRules (root: string): IgnoreRules {
  const files = new Map<string, Promise<Ignore | undefined>>()
  const rulesIn = (directory: string) => {
    const known = files.get(directory)
    if (known) return known
    const read = readRules(join(root, directory))
    files.set(directory, read)
    return read
  }

  /** The file nearest to the path decides. */
  async function isNamed (id: string, isDirectory: boolean): Promise<boolean> {
    for (let above = parentOf(id); ; above = parentOf(above)) {
      const rules = await rulesIn(above)
      const { ignored = false, unignored = false } = rules?.test(`${below(id, above)}${isDirectory ? '/' : ''}`) ?? {}
      if (ignored || unignored) return ignored
      if (above === '') return false
    }
  }

  return {
    async isIgnored (id, isDirectory) {
      if (id === '') return false
      if (isHidden(id)) return true
      const names = id.split('/')
      for (let depth = 1; depth < names.length; depth++) {
        if (await isNamed(names.slice(0, depth).join('/'), true)) return true
      }
      return isNamed(id, isDirectory)
    }
  }
}

const parentOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('/')))
const below = (id: string, directory: string): string => (directory === '' ? id : id.slice(directory.length + 1))

async function readRules (directory: string): Promise<Ignore | undefined> {
  const texts = await Promise.all(FILES.map((name) => readFile(join(directory, name), 'utf8').catch(() => '')))
  const text = texts.map((rules) => rules.slice(0, MAX_LENGTH)).join('\n')
  return text.trim() === '' ? undefined : ignore({ allowRelativePaths: true }).add(text)
}
