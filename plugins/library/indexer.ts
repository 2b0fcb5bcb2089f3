// Updates a store from a folder: new and changed files are read, missing ones are removed. One bad file never stops it.
import { setImmediate } from 'node:timers/promises'
import type { Audiences } from './audiences.ts'
import type { DocumentStore, IndexedDocument, Progress } from './contract.ts'
import { readDocument, type Convert } from './extract.ts'
import { isPassing } from './file-fault.ts'
import { filesBelow, type Found, type Walk } from './folder-walk.ts'
import { createLeftOut, type LeftOutFiles } from './left-out.ts'
import { SkippedFile } from './skipped-file.ts'

export interface Log {
  info(message: string): void
  warn(message: string): void
}

export interface FolderIndexer {
  /**
   * Reads these paths and everything below them; the empty path is the whole folder.
   * Rejects if the store fails; a file that cannot be read is left out with a warning.
   */
  refresh(paths: Iterable<string>): Promise<void>
  /** How many documents are indexed. */
  size(): number
  leftOut: LeftOutFiles['list']
  leftOutCounts: LeftOutFiles['counts']
  /** Of the refresh that runs; undefined while none does. */
  progress(): Progress | undefined
}

/** Between two batches requests are served: a batch is bounded in files and in characters. */
const BATCH_FILES = 50
const BATCH_CHARACTERS = 250_000

/** Bytes of files that are read together. */
const GROUP_BYTES = 500_000

/** Files that are looked at before others have a turn: some 5 ms. */
const SLICE = 2_000

/** Small files in groups, so that they are handed to the worker together; most have not changed. */
export async function * groupsOf (
  files: Iterable<Found>,
  isToBeRead: (file: Found) => boolean
): AsyncGenerator<Found[]> {
  let group: Found[] = []
  let bytes = 0
  let seen = 0
  for (const file of files) {
    if (++seen % SLICE === 0) await setImmediate()
    if (!isToBeRead(file)) continue
    if (group.length === BATCH_FILES || (group.length > 0 && bytes + file.bytes > GROUP_BYTES)) {
      yield group
      group = []
      bytes = 0
    }
    group.push(file)
    bytes += file.bytes
  }
  if (group.length > 0) yield group
}

/** What a folder is indexed with. */
export interface Indexing {
  store: Pick<DocumentStore, 'put' | 'remove' | 'list' | 'settle'>
  convert: Convert
  askRules: Walk['askRules']
  own?: Walk['own']
  /** Who may know what is left out; without them everybody. */
  audiences?: Audiences | undefined
  log: Log
  /** Called with the path inside the folder of each directory, before it is read. */
  reading: Walk['reading']
  /** Aborted when the server closes: what was not written yet is left for the next start. */
  signal: AbortSignal
}

/** @returns a document, or nothing for a file that is left out. */
async function readOrLeave (
  root: string,
  { id, modified, bytes }: Found,
  { convert, signal }: Indexing,
  leave: Leave
): Promise<IndexedDocument | undefined> {
  try {
    return await readDocument(root, id, convert)
  } catch (error) {
    if (signal.aborted) return undefined
    const { code, message } = error as { code?: string; message: string }
    if (error instanceof SkippedFile) leave({ id, reason: message, kind: error.kind, modified, bytes })
    else if (code !== 'ENOENT') leave({ id, reason: `it cannot be read (${code ?? message})`, kind: 'not readable' }, isPassing(error))
    return undefined
  }
}

/** @param isPassing what was read of it before still counts. */
type Leave = (file: Parameters<LeftOutFiles['add']>[0], isPassing?: boolean) => void

const createLeave = (left: LeftOutFiles, kept: Set<string>, log: Log): Leave => (file, isPassing) => {
  if (isPassing) kept.add(file.id)
  if (left.add(file)) log.warn(`The file ${JSON.stringify(file.id)} is not searchable: ${file.reason}`)
}

/** @param root a real path. */
export async function openIndexer (root: string, indexing: Indexing): Promise<FolderIndexer> {
  const { store, log, reading, askRules, own = [], signal } = indexing
  const known = await store.list()
  const left = createLeftOut(indexing.audiences)

  async function write (documents: IndexedDocument[]): Promise<void> {
    await store.put(documents)
    for (const { id, modified, bytes } of documents) known.set(id, { modified, bytes })
    await setImmediate()
  }

  const isAsBefore = ({ id, modified, bytes }: Found) => known.get(id)?.modified === modified && known.get(id)?.bytes === bytes

  let progress: Progress | undefined

  return {
    size: () => known.size,
    leftOut: left.list,
    leftOutCounts: left.counts,
    progress: () => progress,
    async refresh (paths) {
      // A file before the folders above it: when it is named itself, it is read regardless of its time and size.
      const dirty = new Set([...paths].sort().reverse())
      const present = new Set<string>()
      const [seen, kept] = [new Set<string>(), new Set<string>()]
      const leave = createLeave(left, kept, log)
      let batch: IndexedDocument[] = []
      let characters = 0
      const found = await findFiles(root, dirty, seen, { left, leave, reading, askRules, own, signal })
      const counted = (progress = { done: 0, total: found.length })
      const isToBeRead = (file: Found): boolean => {
        const { id, modified, bytes, reported } = file
        // A change that was reported is read even if time and size are the same: clocks of file systems are coarse.
        const isKnown = present.has(id) || (!reported && (isAsBefore(file) || left.has(id, modified, bytes)))
        if (isKnown) counted.done++
        if (isKnown && isAsBefore(file)) present.add(id)
        return !isKnown
      }
      for await (const group of groupsOf(found, isToBeRead)) {
        if (signal.aborted) return
        const documents = await Promise.all(group.map((file) => readOrLeave(root, file, indexing, leave)))
        if (signal.aborted) return
        counted.done += group.length
        for (const document of documents) {
          if (!document || present.has(document.id)) continue
          present.add(document.id)
          left.delete(document.id)
          batch.push(document)
          characters += document.text.length
        }
        if (batch.length < BATCH_FILES && characters < BATCH_CHARACTERS) continue
        await write(batch)
        batch = []
        characters = 0
      }
      if (signal.aborted) return
      await write(batch)
      const isGone = goneFrom(dirty, present, kept)
      const missing = await filterInTurns(known.keys(), (id) => !present.has(id) && isGone(id))
      await removeAll(store, known, missing, signal)
      const isOver = (id: string) => (present.has(id) ? !kept.has(id) : !seen.has(id) && isGone(id))
      for (const id of await filterInTurns(left.ids(), isOver)) left.delete(id)
      progress = undefined
    }
  }
}

/** @param known loses them as well. */
export async function removeAll (
  store: Indexing['store'],
  known: Map<string, unknown>,
  ids: string[],
  signal: AbortSignal
): Promise<void> {
  for (let at = 0; at < ids.length && !signal.aborted; at += BATCH_FILES) {
    const batch = ids.slice(at, at + BATCH_FILES)
    await store.remove(batch)
    for (const id of batch) known.delete(id)
    await setImmediate()
  }
}

async function filterInTurns (ids: Iterable<string>, isWanted: (id: string) => boolean): Promise<string[]> {
  const wanted: string[] = []
  let seen = 0
  for (const id of ids) {
    if (isWanted(id)) wanted.push(id)
    if (++seen % SLICE === 0) await setImmediate()
  }
  return wanted
}

/**
 * The files to read. Files with other endings are remembered without a log line for each.
 * @param seen is given every path, also of what cannot be read.
 */
async function findFiles (
  root: string,
  paths: Iterable<string>,
  seen: Set<string>,
  { left, leave, ...walk }: Omit<Walk, 'skip'> & { left: LeftOutFiles; leave: Leave }
): Promise<Found[]> {
  const found: Found[] = []
  const skip: Walk['skip'] = (id, reason, kind, isPassing) => {
    seen.add(id)
    leave({ id, reason, kind }, isPassing)
  }
  for await (const file of filesBelow(root, paths, { ...walk, skip })) {
    seen.add(file.id)
    if (file.isDocument) found.push(file)
    else left.add({ ...file, reason: 'files of this ending are not read', kind: 'unknown format' })
  }
  return found
}

/** Only a path that is not a document, or no longer one, can have something missing below it, and only where it can be read. */
function goneFrom (dirty: ReadonlySet<string>, present: ReadonlySet<string>, kept: ReadonlySet<string>): (id: string) => boolean {
  const [isAsked, isKept] = [belowOneOf([...dirty].filter((path) => !present.has(path))), belowOneOf([...kept])]
  return (id) => isAsked(id) && !isKept(id)
}

/** Whether one of `paths` is the file itself or a folder above it. */
function belowOneOf (paths: readonly string[]): (id: string) => boolean {
  const tops = new Set(paths)
  return (id) => {
    for (let path = id; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
      if (tops.has(path)) return true
    }
    return tops.has('')
  }
}
