// Keeps a store in step with a folder: reads it once in full, then follows every change. Never leaves the folder, and never stops for one bad file.
import type { Stats } from 'node:fs'
import { lstat, readdir, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { watch, type FSWatcher } from 'chokidar'
import type { DocumentStore, IndexedDocument } from './contract.ts'
import { readDocument, SkippedFile, typeOf } from './extract.ts'

export interface FolderIndex {
  /** Settles when every file was looked at once; rejects if the store failed. */
  readonly ready: Promise<void>
  /** Stops watching and waits for the batch in hand. */
  close (): Promise<void>
}

interface Log { info (message: string): void, warn (message: string): void }

/** Changes come in swarms (a git pull, an editor's save): they are gathered for so many milliseconds. */
const GATHER = 100
/** Between two batches requests are served: a batch is bounded in files and in characters. */
const BATCH_FILES = 50
const BATCH_CHARACTERS = 250_000

/** Hidden files, and what package managers and version control put beside documents. Looks only at the part below the root. */
const isIgnored = (id: string): boolean => id.split('/').some((name) => name === 'node_modules' || (name.startsWith('.') && name !== ''))

/** @param folder may be missing: then there are no documents, and a warning says so. */
export function indexFolder (folder: string, store: DocumentStore, log: Log): FolderIndex {
  const stop = new AbortController()
  const dirty = new Set<string>()
  let watcher: FSWatcher | undefined
  let work: Promise<void> = Promise.resolve()

  const start = async () => {
    const root = await realFolder(folder)
    const index = await openIndex(root, store, log, stop.signal)
    if (root === undefined) log.warn(`The documents folder ${JSON.stringify(folder)} does not exist: there is nothing to search. Create it and start again.`)
    else watcher = await watchFolder(root, log, (id) => { if (dirty.add(id).size === 1) work = work.then(gather) })
    const gather = async () => {
      await setTimeout(GATHER)
      const changed = new Set(dirty)
      dirty.clear()
      await index.refresh(changed).catch((error) => log.warn(`A change in the documents folder could not be indexed: ${(error as Error).message}`))
    }
    // Watching has begun before the first look: no change falls between the two.
    const first = index.refresh(new Set(['']))
    work = Promise.all([work, first]).then(() => {}, () => {})
    await first
    if (!stop.signal.aborted) log.info(`${index.size()} documents indexed from ${JSON.stringify(folder)}`)
  }

  const ready = start()
  return {
    ready,
    async close () {
      stop.abort()
      await ready.catch(() => {})
      await watcher?.close()
      await work
    }
  }
}
