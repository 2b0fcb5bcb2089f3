// A walk over many records that lets other requests run in between (threat AW-02). Storage answers from memory or a
// local file, so a walk over it alone would not leave the event loop.
import { setImmediate as nextTurn } from 'node:timers/promises'

/** Records that are read in one turn of the event loop: well below a millisecond. */
const PER_TURN = 50

/** @param records read lazily. */
export async function * inTurns<T> (records: AsyncIterable<T> | Iterable<T>): AsyncIterable<T> {
  let read = 0
  for await (const record of records) {
    yield record
    if (++read % PER_TURN === 0) await nextTurn()
  }
}

/** For what looks something up for each of many items; one after the other. */
export async function mapInTurns<T, R> (items: Iterable<T>, map: (item: T) => Promise<R>): Promise<R[]> {
  const mapped: R[] = []
  for await (const item of inTurns(items)) mapped.push(await map(item))
  return mapped
}
