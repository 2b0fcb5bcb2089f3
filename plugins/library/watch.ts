// Keeps the store in step with the folder while the server runs: one full look, then every change.
import { realpath } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { FSWatcher } from 'chokidar'
import type { Progress } from './contract.ts'
import { typeOf } from './extract.ts'
import { isIgnored, openFolder, type Indexing, type Log } from './folder.ts'

export interface FolderWatch {
  /** Settles when every file was looked at once; rejects if the store failed. */
  readonly ready: Promise<void>
  /** Of the first look; undefined once it is over. */
  progress (): Progress | undefined
  /** Stops watching and waits for the batch in hand. */
  close (): Promise<void>
}

/** Changes come in swarms (a `git pull`, an editor's save): they are gathered for so many milliseconds. */
const GATHER = 100

/** @param path of the folder. If it is missing there are no documents, and a warning says so. */
export function watchFolder (path: string, indexing: Omit<Indexing, 'signal'>): FolderWatch {
  const { store, log } = indexing
  const stop = new AbortController()
  let watcher: FSWatcher | undefined
  let changes: Gatherer | undefined
  let progress = (): Progress | undefined => ({ done: 0, total: 0 })

  const start = async (): Promise<void> => {
    const root = await realpath(path).catch(() => undefined)
    if (root === undefined) {
      log.warn(`The documents folder ${JSON.stringify(path)} cannot be opened: there is nothing to search. Create it and start the server again.`)
      return store.remove([...(await store.list()).keys()])
    }
    const folder = await openFolder(root, { ...indexing, signal: stop.signal })
    progress = folder.progress
    changes = gather(async (ids) => {
      try {
        await ready
        await folder.refresh(ids)
      } catch (error) {
        log.warn(`Changes in the documents folder could not be indexed: ${(error as Error).message}`)
      }
    })
    // Watching begins before the first look: no change falls between the two.
    watcher = await openWatcher(root, log, changes.add)
    await folder.refresh([''])
    if (!stop.signal.aborted) await store.settle()
    if (!stop.signal.aborted) log.info(`${folder.size()} documents indexed from ${JSON.stringify(path)}`)
  }

  const ready = start().finally(() => { progress = () => undefined })
  return {
    ready,
    progress: () => progress(),
    async close () {
      stop.abort()
      await ready.catch(() => {})
      await watcher?.close()
      await changes?.idle()
    }
  }
}

async function openWatcher (root: string, log: Log, onChange: (id: string) => void): Promise<FSWatcher> {
  const idOf = (path: string) => relative(root, path).replaceAll(sep, '/')
  const { promise: watching, resolve } = Promise.withResolvers<void>()
  let failed = false
  const { watch } = await import('chokidar')
  const watcher = watch(root, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (path, stats) => isIgnored(idOf(path)) || (stats?.isFile() === true && typeOf(path) === undefined)
  })
  // A new folder reports its files one by one.
  watcher.on('all', (event, path) => { if (event !== 'addDir') onChange(idOf(path)) })
  watcher.on('ready', resolve)
  watcher.on('error', (error) => {
    if (!failed) log.warn(`Not all of the documents folder can be watched, so changes may be seen only after a restart: ${(error as Error).message}`)
    failed = true
    resolve()
  })
  await watching
  return watcher
}

interface Gatherer {
  add (id: string): void
  /** When all that was added has been worked off. */
  idle (): Promise<void>
}

/** Hands over what was added in groups, one group at a time. @param work must not reject. */
function gather (work: (ids: Set<string>) => Promise<void>): Gatherer {
  let waiting = new Set<string>()
  let running: Promise<void> | undefined
  const run = async () => {
    while (waiting.size > 0) {
      await setTimeout(GATHER)
      const ids = waiting
      waiting = new Set()
      await work(ids)
    }
    running = undefined
  }
  return {
    add (id) {
      waiting.add(id)
      running ??= run()
    },
    async idle () { await running }
  }
}
