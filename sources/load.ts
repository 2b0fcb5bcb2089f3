// Finds the sources: every file of a folder whose default export is one. Whatever is wrong with any of them is said in one message, before anything is served.
import { readdir } from 'node:fs/promises'
import type { LibrarySource } from './define-source.ts'

/**
 * @param folder files in it without a default export are helpers; folders in it are not looked at.
 * @throws Error that lists everything wrong with every file.
 */
export async function loadSources (folder: URL): Promise<LibrarySource[]> {
  const problems: string[] = []
  const sources: LibrarySource[] = []
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).sort()
  for (const file of files) {
    try {
      const source: unknown = (await import(new URL(encodeURIComponent(file), folder).href)).default
      if (source === undefined) continue
      const wrong = problemsOf(source, sources)
      problems.push(...wrong.map((problem) => `${file}: ${problem}`))
      if (wrong.length === 0) sources.push(source as LibrarySource)
    } catch (error) {
      problems.push(`${file}: it could not be loaded: ${(error as Error).message}`)
    }
  }
  if (problems.length > 0) throw new Error(`These sources cannot be searched:\n${problems.map((line) => `  - ${line}`).join('\n')}`)
  return sources
}

function problemsOf (candidate: unknown, others: LibrarySource[]): string[] {
  const { name, search, fetch, close } = Object(candidate) as Partial<LibrarySource>
  return [
    (typeof name !== 'string' || !/^[a-z0-9-]{1,32}$/.test(name)) && 'name must be 1 to 32 small letters, digits or -',
    name === 'note' && 'the name note is taken by the notes of this server',
    others.some((other) => other.name === name) && `the name ${JSON.stringify(name)} is taken by another source`,
    typeof search !== 'function' && 'search must be a function',
    typeof fetch !== 'function' && 'fetch must be a function',
    close !== undefined && typeof close !== 'function' && 'close must be a function, if there is one'
  ].filter((problem) => problem !== false)
}
