// Keeps the store in step with the folder while the server runs: a full scan first, then every change; failures are
// repeated.
import { realpath } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Progress } from './contract.ts'
import { createFolderWatcher, type FolderWatcher } from './folder-watcher.ts'
import { isPassing } from './file-fault.ts'
import { folderProblem } from './folder-problem.ts'
import { openIndexer, removeAll, type FolderIndexer, type Indexing } from './indexer.ts'
import { describeLeftOut } from './left-out.ts'

export interface FolderSync {
  /**
   * Settles when every file was read once, or the watch is closed. Never rejects: what fails
   * is tried again.
   */
  readonly ready: Promise<void>
  /** Of the first scan; undefined once it is done. */
  progress(): Progress | undefined
  /**
   * Whether the store holds the folder as it was a moment ago: false until the first scan is done, and while the store
   * fails.
   */
  isComplete(): boolean
  leftOut: FolderIndexer['leftOut']
  leftOutCounts: FolderIndexer['leftOutCounts']
  /** When all of it was read the last time, in milliseconds since the epoch. */
  readAt(): number | undefined
  /** Stops watching and waits for the batch in hand. */
  close(): Promise<void>
}

/**
 * Changes come in bursts (a `git pull`, an editor's save): they are gathered for so long.
 */
const DEBOUNCE_MS = 100
/** After a store failed: the first pause, doubled each time up to the last. */
const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 30_000
/** How often a missing folder is looked for. */
const MISSING_MS = 1_000
/**
 * Network drives and containers' mounts report no changes, so the whole folder is scanned again: after this pause, and
 * after 50 times as long as a scan takes.
 */
const RESCAN_MS = 60_000
const PAUSE_PER_SCAN = 50
/**
 * How often the path is resolved again: deployments switch a symbolic link to another folder.
 */
const TURNED_MS = 2_000

/**
 * @param path of the folder. If it is missing there are no documents, a warning says so, and it is waited for.
 * `undefined` for no documents.
 */
export function syncFolder (
  path: string | undefined,
  indexing: Omit<Indexing, 'signal' | 'reading'>,
  { rescanMs = RESCAN_MS }: { rescanMs?: number } = {}
): FolderSync {
  const { store, log } = indexing
  const stop = new AbortController()
  const { signal } = stop
  const changes = createChanges(signal)
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {})
  let opened: { root: string; folder: FolderIndexer; watcher: FolderWatcher } | undefined
  let [isComplete, readAt]: [boolean, number?] = [false]
  let last: Progress = { done: 0, total: 0 }
  // Between two steps of the first scan it stands where it was.
  let progress = (): Progress | undefined => (last = opened?.folder.progress() ?? last)

  /** The path may be a link that many deployments point to another folder. @throws a passing fault. */
  async function open (): Promise<void> {
    const root = path === undefined ? undefined : await findRoot(path)
    if (root === undefined || root === opened?.root) return
    opened?.watcher.close()
    const watcher = createFolderWatcher(root, { changed: changes.add, failed: warnOnce(log) })
    opened = { root, watcher, folder: await openIndexer(root, { ...indexing, reading: watcher.add, signal }) }
  }

  /**
   * One step: what has changed is in the store afterwards. @throws what the store throws.
   */
  async function refresh (ids: ReadonlySet<string>): Promise<void> {
    if (ids.has('')) await open()
    await (opened ? opened.folder.refresh(ids) : removeEverything(store, signal))
    isComplete = !signal.aborted
    if (ids.has('')) readAt = Date.now()
  }

  const asking = path === undefined ? undefined : askWhereItLeads(path, () => opened?.root, () => changes.add(''))
  async function firstScan (): Promise<void> {
    await untilDone(() => refresh(new Set([''])), { signal, pause, log })
    if (signal.aborted) return
    await settle(store, log)
    if (path !== undefined) reportFirstScan(log, path, opened?.folder, await folderProblem(path))
  }

  async function follow (): Promise<void> {
    let scanAfter = rescanMs
    while (!signal.aborted) {
      const ids = await changes.next(opened?.watcher.isWatching() ? scanAfter : MISSING_MS)
      const started = performance.now()
      await untilDone(() => refresh(ids), { signal, pause, log, failed: () => { ids.add(''); isComplete = false } })
      if (ids.has('')) scanAfter = Math.max(rescanMs, PAUSE_PER_SCAN * (performance.now() - started))
    }
  }

  const ready = firstScan().finally(() => (progress = () => undefined))
  const following = path === undefined ? ready : ready.then(follow)
  return {
    ready,
    progress: () => progress(),
    isComplete: () => isComplete,
    leftOut: (from, to) => opened?.folder.leftOut(from, to) ?? [],
    leftOutCounts: (sees) => opened?.folder.leftOutCounts(sees) ?? [],
    readAt: () => readAt,
    async close () {
      stop.abort()
      clearInterval(asking)
      await following
      opened?.watcher.close()
    }
  }
}

/** @throws a passing fault. */
const findRoot = (path: string): Promise<string | undefined> =>
  realpath(path).catch((error: unknown) => {
    if (isPassing(error)) throw error
    return undefined
  })

async function removeEverything (store: Indexing['store'], signal: AbortSignal): Promise<void> {
  const known = await store.list()
  await removeAll(store, known, [...known.keys()], signal)
}

/** @returns a timer, which keeps no process alive. */
const askWhereItLeads = (path: string, known: () => string | undefined, turned: () => void) =>
  setInterval(async () => {
    const root = await realpath(path).catch(() => undefined)
    if (root !== undefined && known() !== undefined && root !== known()) turned()
  }, TURNED_MS).unref()

async function settle (store: Indexing['store'], log: Indexing['log']): Promise<void> {
  await store
    .settle()
    .catch((error: Error) => log.warn(`The ranking of the documents is not up to date: ${error.message}`))
}

/**
 * @param folder undefined where there is none. @param problem why it cannot be read.
 */
function reportFirstScan (log: Indexing['log'], path: string, folder: FolderIndexer | undefined, problem: string | undefined): void {
  if (folder === undefined || problem !== undefined) {
    return log.warn(`There are no documents to search: ${problem ?? `${path} has just appeared`}. A folder that appears there is read at once.`)
  }
  const place = JSON.stringify(path)
  const left = describeLeftOut(folder.leftOutCounts(() => true))
  const line = `${folder.size()} documents indexed from ${place}${left === undefined ? '' : `; ${left}. List them with: npm run documents`}`
  // If nothing in the folder can be read, it is most likely the wrong one.
  if (folder.size() === 0) log.warn(line)
  else log.info(line)
}

interface Trying {
  signal: AbortSignal
  pause(ms: number): Promise<void>
  log: Pick<Indexing['log'], 'warn'>
  /** Called at each failure. */
  failed?(): void
}

/**
 * Repeats `work`, with growing pauses, until it succeeds or the signal is aborted. Never
 * rejects.
 */
async function untilDone (work: () => Promise<void>, { signal, pause, log, failed }: Trying): Promise<void> {
  for (let wait = FIRST_RETRY_MS; !signal.aborted; wait = Math.min(2 * wait, MAX_RETRY_MS)) {
    try {
      return await work()
    } catch (error) {
      if (signal.aborted) return
      failed?.()
      log.warn(
        `The documents folder could not be indexed, and is tried again in ${wait / 1000} seconds: ${(error as Error).message}`
      )
      await pause(wait)
    }
  }
}

interface Changes {
  add(id: string): void
  /**
   * What was added since the last call, or the whole folder where nothing is added for so many
   * milliseconds.
   */
  next(ms: number): Promise<Set<string>>
}

function createChanges (signal: AbortSignal): Changes {
  let waiting = new Set<string>()
  let wake = (): void => {}
  signal.addEventListener('abort', () => wake())
  return {
    add (id) {
      waiting.add(id)
      wake()
    },
    async next (ms) {
      if (waiting.size === 0 && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, ms)
        wake = resolve
        await promise
        clearTimeout(timer)
      }
      if (waiting.size === 0) return new Set([''])
      await sleep(DEBOUNCE_MS, undefined, { signal }).catch(() => {})
      const ids = waiting
      waiting = new Set()
      return ids
    }
  }
}

/**
 * @returns a listener that says the first fault: with no watches left there is one for every
 * directory.
 */
function warnOnce (log: Pick<Indexing['log'], 'warn'>): (error: Error) => void {
  let isSaid = false
  return ({ message }) => {
    if (!isSaid) { log.warn(`Not all of the documents folder can be watched, so changes in it may be seen minutes later: ${message}`) }
    isSaid = true
  }
}
