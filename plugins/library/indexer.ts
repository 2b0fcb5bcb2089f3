// Brings a store in step with a folder: what is new or changed is read, what is gone is removed. Never leaves the
// folder, and never stops for one bad file.
import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { DocumentStore, IndexedDocument, Progress } from './contract.ts'
import { readDocument, SkippedFile, typeOf, type Convert } from './extract.ts'

export interface Log {
  info(message: string): void
  warn(message: string): void
}

export interface FolderIndexer {
  /**
   * Looks at these paths and at all that lies below them; the empty path is the whole folder.
   * Rejects if the store fails; a file that cannot be read is left out with a warning.
   */
  refresh(paths: Iterable<string>): Promise<void>
  /** How many documents are indexed. */
  size(): number
  /** Of the refresh that runs; undefined while none does. */
  progress(): Progress | undefined
}

/** Between two batches requests are served: a batch is bounded in files and in characters. */
const BATCH_FILES = 50
const BATCH_CHARACTERS = 250_000

/** Hidden files, and what package managers put beside documents. Looks only at the part below the root. */
export const isIgnored = (id: string): boolean =>
  id.split('/').some((name) => name.startsWith('.') || name === 'node_modules')

/** What a folder is indexed with. */
export interface Indexing {
  store: DocumentStore
  convert: Convert
  log: Log
  /** Told of each directory, by its path inside the folder, before it is read. */
  reading(id: string): void
  /** Aborted when the server closes: what was not written yet is left for the next start. */
  signal: AbortSignal
}

/** @returns a document, or nothing for a file that is left out with a warning. */
async function readOrSkip (
  root: string,
  id: string,
  { convert, signal }: Indexing,
  skip: Skip
): Promise<IndexedDocument | undefined> {
  try {
    return await readDocument(root, id, convert)
  } catch (error) {
    if (signal.aborted) return undefined
    if (error instanceof SkippedFile) skip(id, error.message)
    else if (codeOf(error) !== 'ENOENT') skip(id, `it cannot be read (${codeOf(error) ?? (error as Error).message})`)
    return undefined
  }
}

/** @param root a real path. */
export async function openIndexer (root: string, indexing: Indexing): Promise<FolderIndexer> {
  const { store, log, reading, signal } = indexing
  const known = await store.list()
  const skip = (id: string, reason: string) => log.warn(`The file ${JSON.stringify(id)} is not searchable: ${reason}`)

  async function write (documents: IndexedDocument[]): Promise<void> {
    await store.put(documents)
    for (const { id, modified, bytes } of documents) known.set(id, { modified, bytes })
    await setImmediate()
  }

  async function removeAll (ids: string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += BATCH_FILES) {
      const batch = ids.slice(at, at + BATCH_FILES)
      await store.remove(batch)
      for (const id of batch) known.delete(id)
      await setImmediate()
    }
  }

  let progress: Progress | undefined

  return {
    size: () => known.size,
    progress: () => progress,
    async refresh (paths) {
      // A file before the folders above it: named itself, it is read whatever its time and size say.
      const dirty = new Set([...paths].sort().reverse())
      const present = new Set<string>()
      let batch: IndexedDocument[] = []
      let characters = 0
      const found: Found[] = []
      for await (const file of filesBelow(root, dirty, { skip, reading, signal })) found.push(file)
      const counted = (progress = { done: 0, total: found.length })
      for (const { id, modified, bytes, reported } of found) {
        if (signal.aborted) return
        counted.done++
        if (present.has(id)) continue
        const before = known.get(id)
        // A change that was reported is read even if time and size are the same: clocks of file systems are coarse.
        const unchanged = !reported && before?.modified === modified && before.bytes === bytes
        const document = unchanged ? undefined : await readOrSkip(root, id, indexing, skip)
        if (signal.aborted) return
        if (unchanged || document) present.add(id)
        if (!document) continue
        batch.push(document)
        characters += document.text.length
        if (batch.length < BATCH_FILES && characters < BATCH_CHARACTERS) continue
        await write(batch)
        batch = []
        characters = 0
      }
      if (signal.aborted) return
      await write(batch)
      // Only a path that is no document (any more) can have something missing below it.
      const rest = new Set([...dirty].filter((path) => !present.has(path)))
      if (rest.size > 0) await removeAll([...known.keys()].filter((id) => !present.has(id) && isBelow(id, rest)))
      progress = undefined
    }
  }
}

interface Found {
  id: string
  /** Milliseconds since the epoch. */
  modified: number
  bytes: number
  /** Named itself, not found on the way through a folder. */
  reported: boolean
}

type Skip = (id: string, reason: string) => void
interface Walk extends Pick<Indexing, 'reading' | 'signal'> {
  skip: Skip
}

async function * filesBelow (root: string, paths: Iterable<string>, options: Walk): AsyncGenerator<Found> {
  for (const path of paths) {
    for await (const file of walk(root, path, options)) {
      if (options.signal.aborted) return
      yield { ...file, reported: file.id === path }
    }
  }
}

async function * walk (root: string, id: string, options: Walk): AsyncGenerator<Omit<Found, 'reported'>> {
  try {
    const stats = await lstat(join(root, id))
    if (stats.isSymbolicLink()) return await checkLink(root, id, options.skip)
    if (stats.isFile() && typeOf(id) !== undefined) yield { id, modified: stats.mtimeMs, bytes: stats.size }
    if (!stats.isDirectory()) return
    options.reading(id)
    for (const name of (await readdir(join(root, id))).sort()) {
      const inner = id === '' ? name : `${id}/${name}`
      if (!isIgnored(inner)) yield * walk(root, inner, options)
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    if (codeOf(error) !== 'ENOENT') options.skip(id, `it cannot be read (${codeOf(error)})`)
  }
}

/**
 * Links are never followed: what one inside the folder leads to is indexed under its own name, and what is outside
 * stays there.
 */
async function checkLink (root: string, id: string, skip: Skip): Promise<void> {
  const target = await realpath(join(root, id))
  if (target !== root && !target.startsWith(root + sep)) skip(id, 'it is a link that leads out of the documents folder')
}

/** Whether one of `paths` is the file itself or a folder above it. */
function isBelow (id: string, paths: ReadonlySet<string>): boolean {
  for (let path = id; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
    if (paths.has(path)) return true
  }
  return paths.has('')
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code
