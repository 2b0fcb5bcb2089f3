// Lists the files in a folder and below it, and follows its links. Never leaves the folder.
// Tested in test/plugins/library/folder-walk.test.ts and test/plugins/library/indexer.test.ts.
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { KEY_FILE } from '../generated-key.ts'
import { timeOf } from './extract.ts'
import { isPassing } from './file-fault.ts'
import { typeOf } from './file-types.ts'
import { createIgnoreRules, isHidden, type AskRules, type IgnoreRules } from './ignore-rules.ts'
import { SkippedFile } from './skipped-file.ts'

export interface Found {
  id: string
  /** Milliseconds since the epoch. */
  modified: number
  bytes: number
  /** Whether its name is a document's. */
  isDocument: boolean
  /** Named by the caller, rather than found inside a folder. */
  reported: boolean
}

export interface Walk {
  /** Called with the path inside the folder of each directory, before it is read. */
  reading(id: string): void
  /**
   * Called for each path that cannot be read.
   * @param isPassing it may be there, with all that was below it.
   */
  skip(id: string, reason: string, kind: string, isPassing?: boolean): void
  askRules: AskRules
  /** Files of this server itself, which hold secrets, beside its key wherever that is (threat AD-32). */
  own?: readonly string[]
  signal: AbortSignal
}

interface Walking extends Omit<Walk, 'own'> {
  root: string
  /** Their real paths. */
  own: ReadonlySet<string>
  rules: IgnoreRules
  /** Folders that were read: one that is named may lie below another, and each is read once. */
  read: Set<string>
  /** Below a link to a directory, links to directories are not followed: this ends cycles. */
  isBelowLink: boolean
  /** The path of a file without the links that lead to it: what the rules name, they name by that as well (threat LB-39). */
  ownNameOf(id: string): string
}

/** @param root a real path. @param paths inside it; the empty path is the whole folder. */
export async function * filesBelow (root: string, paths: Iterable<string>, walk: Walk): AsyncGenerator<Found> {
  const rules = createIgnoreRules(root, walk.askRules)
  const read = new Set<string>()
  const own = await realPathsOf(walk.own ?? [])
  for (const path of paths) {
    const ownNameOf = await findOwnNames(root, path)
    for await (const file of visit(path, { ...walk, root, own, rules, read, isBelowLink: false, ownNameOf })) {
      if (walk.signal.aborted) return
      yield { ...file, reported: file.id === path }
    }
  }
}

type Seen = Omit<Found, 'reported'>

/** @param isKept the rules were asked. */
async function * visit (id: string, walking: Walking, isKept = false): AsyncGenerator<Seen> {
  const { root, rules, skip } = walking
  const ownName = walking.ownNameOf(id)
  try {
    const stats = await lstat(join(root, id))
    if (!isKept && (await rules.isIgnored(id, stats.isDirectory()))) return
    if (!isKept && ownName !== id && (await rules.isNamed(ownName, stats.isDirectory()))) return
    if (stats.isSymbolicLink()) yield * follow(id, walking)
    else if (stats.isFile() && id !== '') yield * fileAt(join(root, ownName), id, stats, walking)
    else if (stats.isDirectory()) yield * entries(id, walking)
  } catch (error) {
    if (error instanceof SkippedFile) return skip(id, error.message, error.kind)
    const { code } = error as { code?: string }
    if (code === undefined) throw error
    if (code !== 'ENOENT') skip(id, `it cannot be read (${code})`, code === 'EACCES' ? 'no permission' : code, isPassing(error))
  }
}

/** @param path without links. */
function * fileAt (path: string, id: string, stats: { mtimeMs: number; size: number }, { own, skip }: Walking): Generator<Seen> {
  if (own.has(path) || basename(path) === KEY_FILE) return skip(id, 'it is a file of this server itself', 'file of this server')
  yield { id, modified: timeOf(stats), bytes: stats.size, isDocument: typeOf(id) !== undefined }
}

/** Where each is, and where it leads to if it is a link. One that is not there yet may come. */
async function realPathsOf (files: readonly string[]): Promise<ReadonlySet<string>> {
  const found = files.map(async (file) => {
    const folder = await realpath(dirname(file)).catch(() => dirname(file))
    return [join(folder, basename(file)), await realpath(file).catch(() => file)]
  })
  return new Set((await Promise.all(found)).flat())
}

async function * entries (id: string, walking: Walking): AsyncGenerator<Seen> {
  const key = `${walking.isBelowLink} ${id}`
  if (walking.read.has(key)) return
  walking.read.add(key)
  walking.reading(id)
  const found = await readdir(join(walking.root, id), { withFileTypes: true })
  const ownName = walking.ownNameOf(id)
  const kept = ownName === id ? found : await walking.rules.kept(ownName, found)
  for (const { name } of await walking.rules.kept(id, kept)) {
    yield * visit(id === '' ? name : `${id}/${name}`, walking, true)
  }
}

/**
 * The target of a link that is inside the folder is found under its own name; a target outside is skipped. Where the
 * target's own name is hidden, the link's name counts: Kubernetes mounts a ConfigMap this way, and git-sync a checkout.
 */
async function * follow (id: string, walking: Walking): AsyncGenerator<Seen> {
  const { root, rules, skip, isBelowLink } = walking
  const target = await realpath(join(root, id))
  if (target === root) return
  if (!target.startsWith(root + sep)) return skip(id, 'it is a link that leads out of the documents folder', 'link out of the folder')
  const stats = await stat(target)
  const ownName = nameIn(root, target)
  // What the rules name is ignored under whatever name.
  if (!isHidden(ownName) || (await rules.isNamed(ownName, stats.isDirectory()))) return
  if (stats.isFile()) yield * fileAt(target, id, stats, walking)
  else if (stats.isDirectory() && !isBelowLink) yield * entries(id, { ...walking, isBelowLink: true, ownNameOf: movedTo(ownName, id) })
}

/** Of a path that may lie below a link to a directory. */
async function findOwnNames (root: string, id: string): Promise<Walking['ownNameOf']> {
  const parent = dirname(id)
  // What cannot be found out is not read either.
  const own = parent === '.' ? root : await realpath(join(root, parent)).catch(() => root)
  return own.startsWith(root + sep) ? movedTo(nameIn(root, own), parent) : (path) => path
}

const nameIn = (root: string, path: string): string => path.slice(root.length + 1).split(sep).join('/')
const movedTo = (ownName: string, link: string) => (id: string): string => ownName + id.slice(link.length)
