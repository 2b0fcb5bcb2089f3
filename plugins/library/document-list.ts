// The documents of a store in the order of their ids, a page at a time, for those who may
// see them; and who wants to know when they change. They are kept by audience: a page and a
// count take no longer for what is hidden.
import { setImmediate } from 'node:timers/promises'
import type { LibraryEntry } from '../../authoring/tool.ts'
import type { Audience, DocumentRights } from '../access-rules/contract.ts'
import { EVERYBODY_ALONE, type Audiences } from './audiences.ts'
import type { DocumentStore } from './contract.ts'

/** Which documents were put or removed just now. */
export type ChangeListener = (ids: readonly string[]) => void

export interface DocumentList {
  /** The same store; what is written through it is noticed. */
  store: DocumentStore
  list(
    rights: DocumentRights,
    page?: { prefix?: string; after?: string | undefined; limit?: number }
  ): Promise<{ documents: LibraryEntry[]; more: boolean }>
  /** How many documents these rights cover. */
  count(rights: DocumentRights): Promise<number>
  onChange(listener: ChangeListener): void
  /** The id whose characters are the same under Unicode's canonical equivalence (UAX #15): macOS writes names decomposed. */
  sameId(id: string): Promise<string | undefined>
}

interface Group {
  audience: Audience
  /** Sorted. */
  ids: string[]
}

const MAX_PAGE = 100
/** Ids whose audience is asked for at once, and that are sorted at once. */
const SLICE = 500
const SORTED_AT_ONCE = 5_000

/** @param inner the store to list; only changes through the returned `store` are noticed. */
export function createDocumentList (
  inner: DocumentStore,
  audiences: Audiences = EVERYBODY_ALONE
): DocumentList {
  const listeners: ChangeListener[] = []
  // Made once and kept until something changes: a page then costs no more than its own
  // documents.
  let made: { version: number; groups: Promise<Group[]> } | undefined
  let decomposed: Promise<Map<string, string>> | undefined

  /** @returns the groups by the rules as they are now. */
  async function groupsNow (): Promise<Group[]> {
    for (;;) {
      const version = audiences.version()
      if (made?.version !== version) made = { version, groups: groupsOf(inner, audiences) }
      const groups = await made.groups.catch((error: unknown) => {
        made = undefined
        throw error
      })
      if (audiences.version() === version) return groups
    }
  }

  const changed = (ids: readonly string[]) => {
    made = undefined
    decomposed = undefined
    for (const listener of listeners) listener(ids)
  }
  return {
    store: reporting(inner, changed),
    async sameId (id) {
      const composed = id.normalize()
      decomposed ??= groupsNow().then(decomposedOf).catch((error: unknown) => {
        decomposed = undefined
        throw error
      })
      return (await decomposed).get(composed) ?? (composed === id ? undefined : composed)
    },
    onChange: (listener) => {
      listeners.push(listener)
    },
    async count (rights) {
      const seen = (await groupsNow()).filter(({ audience }) => rights.sees(audience))
      return seen.reduce((sum, { ids }) => sum + ids.length, 0)
    },
    async list (rights, { prefix = '', after = '', limit = MAX_PAGE } = {}) {
      const length = Math.min(Math.max(1, limit), MAX_PAGE)
      const groups = (await groupsNow()).filter(({ audience }) => rights.sees(audience))
      const page = groups
        .flatMap(({ ids }) => {
          const first = firstAfter(ids, after, prefix)
          return ids.slice(first, first + length + 1)
        })
        .filter((id) => id.startsWith(prefix) && rights.may(id))
        .sort()
      return { documents: await inner.titles(page.slice(0, length)), more: page.length > length }
    }
  }
}

/** The same store, which says what is put and removed. */
const reporting = (inner: DocumentStore, changed: ChangeListener): DocumentStore =>
  Object.assign(Object.create(inner) as DocumentStore, {
    async put (documents: Parameters<DocumentStore['put']>[0]) {
      await inner.put(documents)
      if (documents.length > 0) changed(documents.map(({ id }) => id))
    },
    async remove (ids: string[]) {
      await inner.remove(ids)
      if (ids.length > 0) changed(ids)
    }
  })

async function groupsOf (store: DocumentStore, audiences: Audiences): Promise<Group[]> {
  const ids = await sorted([...(await store.list()).keys()])
  const groups = new Map<string, Group>()
  for (const [index, id] of ids.entries()) {
    const audience = audiences.of(id)
    const group = groups.get(audience.id) ?? { audience, ids: [] }
    groups.set(audience.id, group)
    group.ids.push(id)
    if (index % SLICE === SLICE - 1) await setImmediate()
  }
  return [...groups.values()]
}

/** Slice by slice: what consists of sorted slices is sorted in little time. */
async function sorted (ids: readonly string[]): Promise<string[]> {
  const slices: string[] = []
  for (let at = 0; at < ids.length; at += SORTED_AT_ONCE) {
    slices.push(...ids.slice(at, at + SORTED_AT_ONCE).sort())
    await setImmediate()
  }
  return slices.sort()
}

/** The ids that are not composed, by what they are when they are. */
async function decomposedOf (groups: readonly Group[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const [index, id] of groups.flatMap(({ ids }) => ids).entries()) {
    const composed = id.normalize()
    if (composed !== id) found.set(composed, id)
    if (index % SLICE === SLICE - 1) await setImmediate()
  }
  return found
}

/** Where the ids begin that come after `after` and not before `prefix`. */
function firstAfter (ids: readonly string[], after: string, prefix: string): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const id = ids[middle]!
    if (id <= after || id < prefix) low = middle + 1
    else high = middle
  }
  return low
}
