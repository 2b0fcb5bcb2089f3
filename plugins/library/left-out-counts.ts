// How many files are left out, by ending and reason, kept by audience: what each search says of them takes no longer
// for their number.
// Tested in test/plugins/library/left-out.test.ts.
import { setImmediate } from 'node:timers/promises'
import type { Audience, DocumentRights } from '../access-rules/contract.ts'
import type { Audiences } from './audiences.ts'
import { endingOf } from './file-types.ts'

/** Files of one ending that are left out for one reason. */
export interface LeftOutCount {
  ending: string
  kind: string
  count: number
}

export interface LeftOutCounts {
  /** Counts a file, in place of what was counted of it before. */
  add(file: Counted): void
  remove(id: string): void
  /** After a change of the rules, less until all are counted again. */
  seenBy(sees: DocumentRights['sees']): LeftOutCount[]
}

interface Counted {
  id: string
  kind: string
}

interface Group {
  audience: Audience
  rows: Map<string, LeftOutCount>
}

/** Different endings and reasons of one audience: anything may stand after the dot of a name. */
const MAX_ROWS = 300
const OTHER = 'other'
/** Files whose audience is asked for at once. */
const SLICE = 500

/** @param all what is left out, to count it again after a change of the rules. */
export function createLeftOutCounts (audiences: Audiences, all: () => Iterable<Counted>): LeftOutCounts {
  let version = audiences.version()
  let groups = new Map<string, Group>()
  let rowOf = new Map<string, LeftOutCount>()

  function remove (id: string): void {
    const row = rowOf.get(id)
    if (row) row.count--
    rowOf.delete(id)
  }

  function add ({ id, kind }: Counted): void {
    remove(id)
    const audience = audiences.of(id)
    const { rows } = found(groups, audience.id, () => ({ audience, rows: new Map() }))
    const ending = endingOf(id)
    const isKnown = rows.size < MAX_ROWS || rows.has(`${ending} ${kind}`)
    const row = found(rows, isKnown ? `${ending} ${kind}` : OTHER, () => (isKnown ? { ending, kind, count: 0 } : { ending: OTHER, kind: OTHER, count: 0 }))
    row.count++
    rowOf.set(id, row)
  }

  async function countAgain (): Promise<void> {
    const now = (version = audiences.version())
    groups = new Map()
    rowOf = new Map()
    let counted = 0
    for (const file of all()) {
      add(file)
      if (++counted % SLICE === 0) await setImmediate()
      if (version !== now) return
    }
  }

  return {
    add,
    remove,
    seenBy (sees) {
      if (audiences.version() !== version) countAgain()
      const seen = groups.values().filter(({ audience }) => sees(audience)).flatMap(({ rows }) => rows.values())
      const sums = new Map<string, LeftOutCount>()
      for (const { count, ...row } of seen) found(sums, `${row.ending} ${row.kind}`, () => ({ ...row, count: 0 })).count += count
      return [...sums.values()].filter(({ count }) => count > 0)
    }
  }
}

function found<T> (known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}
