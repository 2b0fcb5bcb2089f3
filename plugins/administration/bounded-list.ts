// Lists for pages of owners. Storage has no index over people, apps and keys, so a list walks over them, in turns with other
// requests and up to a bound.
// Tested in test/plugins/administration/bounded-list.test.ts.
import { inTurns } from '../in-turns.ts'

/** Records that one page looks at. */
export const MAX_WALKED = 20_000
export const PER_PAGE = 50

export interface BoundedList<T> {
  found: T[]
  /** There are more than were looked at. */
  isCut: boolean
}

/** @param pick what is kept of a record; undefined for nothing. */
export async function boundedList<T, R> (
  records: AsyncIterable<T>,
  pick: (record: T) => R | undefined,
  max = MAX_WALKED
): Promise<BoundedList<R>> {
  const found: R[] = []
  let walked = 0
  for await (const record of inTurns(records)) {
    if (walked++ === max) return { found, isCut: true }
    const kept = pick(record)
    if (kept !== undefined) found.push(kept)
  }
  return { found, isCut: false }
}

export interface PageOf<T> {
  items: T[]
  /** From 1. */
  page: number
  pages: number
}

/** An array, or what reads no more of a list than it is asked for. */
export interface Sliceable<T> {
  readonly length: number
  slice(from: number, to: number): T[]
}

/** @param asked as a query says it: anything else is the first page. */
export function partOf<T> (all: Sliceable<T>, asked: string | undefined, size = PER_PAGE): PageOf<T> {
  const pages = Math.max(1, Math.ceil(all.length / size))
  const page = Math.min(pages, /^[1-9]\d{0,5}$/.test(asked ?? '') ? Number(asked) : 1)
  return { items: all.slice((page - 1) * size, page * size), page, pages }
}
