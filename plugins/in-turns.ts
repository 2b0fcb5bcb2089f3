// Work on many things that lets other requests run in between (threats AW-02, UC-01): by number where each costs about the
// same, by time where one may have a hundred characters and another a hundred thousand. Storage answers from memory or a
// local file, so waiting for it alone would not leave the event loop.
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Records that are read in one turn of the event loop: well below a millisecond. */
const PER_TURN = 50
/** Milliseconds of one turn of the event loop. */
const MAX_TURN_MS = 5

/** @param records read lazily. */
export async function * inTurns<T> (records: AsyncIterable<T> | Iterable<T>): AsyncIterable<T> {
  let read = 0
  for await (const record of records) {
    yield record
    if (++read % PER_TURN === 0) await nextTurn()
  }
}

/**
 * For what looks something up for each of many items, one after the other; what is made of them all has a turn for itself.
 * @param next resolves in a later turn: for what anybody may ask for again and again, one in which they have time left.
 */
export async function mapInTurns<T, R> (items: Iterable<T>, map: (item: T) => Promise<R>, next?: () => Promise<void>): Promise<R[]> {
  const mapped: R[] = []
  const turn = next && createTurns(next)
  for await (const item of inTurns(items)) {
    await turn?.()
    mapped.push(await map(item))
  }
  await next?.()
  return mapped
}

/**
 * @param next resolves in a later turn.
 * @param began when this turn began, by `performance.now()`.
 * @returns to be called between two entries: it waits for another turn where this one has lasted long enough.
 */
export function createTurns (
  next: () => Promise<unknown> = () => nextTurn(),
  began = performance.now()
): () => Promise<void> | undefined {
  return () => {
    if (performance.now() - began < MAX_TURN_MS) return undefined
    return next().then(() => { began = performance.now() })
  }
}

/** @returns to be called for a turn of the event loop, after those of all who have asked before. */
export function createOwnTurns (): () => Promise<void> {
  let last = Promise.resolve()
  return () => (last = last.then(() => nextTurn()))
}

/** For work that many may have at the same time: a turn of the event loop has a piece of one of them, however many they are. */
export function createSharedTurns () {
  const ownTurn = createOwnTurns()
  /** Begins such a work. @returns as {@link createTurnsOf}. */
  return () => createTurnsOf(ownTurn)
}

/**
 * @param turn see {@link createTurns}. @param select returns undefined for what is left out.
 * @returns what is selected, in the order of the items.
 */
export async function selectInTurns<T, R> (
  items: Iterable<T>,
  turn: () => Promise<void> | undefined,
  select: (item: T) => R | undefined
): Promise<R[]> {
  const selected: R[] = []
  for (const item of items) {
    const waiting = turn()
    if (waiting) await waiting
    const found = select(item)
    if (found !== undefined) selected.push(found)
  }
  return selected
}

/** @param next resolves in a turn in which the work may go on. @returns as {@link createTurns}; the first piece waits as well. */
export const createTurnsOf = (next: () => Promise<void>) => createTurns(next, -Infinity)
