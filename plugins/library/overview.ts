// What is in the folder, counted for owners: documents by ending, and those that changed last. The list of all of them is
// read once after each change, not for each page.
// Tested in test/plugins/library/overview.test.ts.
import { setImmediate } from 'node:timers/promises'
import { endingOf } from './file-types.ts'

/** Of a store: every document with its file's time and size. */
interface Listed {
  list(): Promise<ReadonlyMap<string, { modified: number; bytes: number }>>
}

export interface Overview {
  documents: number
  /** Of all documents, in bytes. */
  bytes: number
  /** The most frequent first. */
  endings: Array<{ ending: string; count: number }>
  /**
   * The files that changed last, newest first; `modified` in milliseconds since the epoch.
   */
  newest: Array<{ id: string; modified: number }>
}

const MAX_NEWEST = 10
/** Documents after which everybody else has a turn. */
const SLICE = 5_000

/**
 * @param onChange calls its listener whenever what is stored has changed.
 * @returns reads the overview, once between two changes: requests at the same time share it.
 */
export function createOverview (store: Listed, onChange: (listener: () => void) => void): () => Promise<Overview> {
  let made: Promise<Overview> | undefined
  onChange(() => { made = undefined })
  return () => {
    if (made) return made
    const reading = read(store)
    made = reading
    reading.catch(() => { if (made === reading) made = undefined })
    return reading
  }
}

async function read (store: Listed): Promise<Overview> {
  const endings = new Map<string, number>()
  let newest: Overview['newest'] = []
  let bytes = 0
  let seen = 0
  const documents = await store.list()
  for (const [id, { modified, bytes: size }] of documents) {
    endings.set(endingOf(id), (endings.get(endingOf(id)) ?? 0) + 1)
    bytes += size
    if (newest.length < MAX_NEWEST || modified > newest.at(-1)!.modified) {
      newest = [...newest, { id, modified }].sort((one, other) => other.modified - one.modified).slice(0, MAX_NEWEST)
    }
    if (++seen % SLICE === 0) await setImmediate()
  }
  return {
    documents: documents.size,
    bytes,
    endings: [...endings].map(([ending, count]) => ({ ending, count })).sort((one, other) => other.count - one.count),
    newest
  }
}
