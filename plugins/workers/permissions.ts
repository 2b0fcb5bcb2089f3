// What a worker may read, as flags of Node's permission model: its own code and the packages, and nothing else.
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Permissions {
  /** Flags for `node`. */
  flags: string[]
  /** Files that are data, which the worker has to know of as well. */
  reads: readonly string[]
  /** The same for tasks that may share a process. */
  key: string
}

const CHILD = fileURLToPath(new URL('./', import.meta.url))
/** What every author's task may import: `ToolError` and its neighbors. */
const AUTHORING = fileURLToPath(new URL('../../authoring', import.meta.url))

/**
 * A task reads the folder of its package that it lies in (`tools/`, `auth-backends/` …), and the packages that it can
 * import. Not the whole
 * of its package: beside the code lie `.env`, `data/` and `docs/`. So no process ever serves two rooms, and passwords
 * meet no tool's input.
 * @param reads real paths of files, for this task alone.
 * @throws Error for a path that would let it read more than is named.
 */
export function permissionsOf (task: URL, reads: readonly string[] = []): Permissions {
  const file = realpathSync(fileURLToPath(task))
  const ancestors = [...ancestorsOf(file)]
  const root = ancestors.find((folder) => existsSync(join(folder, 'package.json'))) ?? dirname(file)
  const room = join(root, relative(root, file).split(sep)[0]!)
  const packages = ancestors
    .map((folder) => join(folder, 'node_modules'))
    .filter((folder) => existsSync(folder))
    .map((folder) => realpathSync(folder))
  const child = [CHILD, AUTHORING, manifestOf(CHILD)]
  const readable = [...new Set([room, join(root, 'package.json'), ...packages, ...child, ...reads])]
  // Node reads a * as "every path with this prefix".
  const wide = readable.find((path) => path.includes('*'))
  if (wide !== undefined) throw new Error(`${wide} cannot be read by a worker: its path has a * in it. Rename it.`)
  return {
    flags: ['--permission', ...readable.map((path) => `--allow-fs-read=${path}`)],
    reads,
    key: readable.join('\0')
  }
}

function * ancestorsOf (path: string): Generator<string> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    yield folder
    if (folder === dirname(folder)) return
  }
}

const manifestOf = (folder: string): string =>
  join(
    [...ancestorsOf(join(folder, '_'))].find((above) => existsSync(join(above, 'package.json'))) ?? folder,
    'package.json'
  )
