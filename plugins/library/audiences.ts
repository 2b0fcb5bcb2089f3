// Who may see which document: remembered for each id, because rules are asked of every
// document whenever the list of documents is made; and how the documents of an index move
// to other audiences when the rules change.
import { setImmediate } from 'node:timers/promises'
import { EVERYBODY, type AccessRules, type Audience, type DocumentRights } from '../access-rules/contract.ts'

/** Who may see a document: `app.accessRules`. */
export type AudienceOf = AccessRules['audienceOf']

export interface Audiences {
  of: AudienceOf
  /** Another one after each change of the rules. */
  version(): number
}

/** A server without rules. */
export const EVERYBODY_ALONE: Audiences = { of: () => EVERYBODY, version: () => 0 }

/**
 * Of more documents than a folder is likely to have: what was removed is forgotten in the
 * end.
 */
const MAX_REMEMBERED = 1_000_000

export function rememberAudiences (rules: Pick<AccessRules, 'audienceOf' | 'onChange'>): Audiences {
  const known = new Map<string, Audience>()
  // One object for each audience, however many documents it has.
  const shared = new Map<string, Audience>()
  let version = 0
  rules.onChange(() => {
    known.clear()
    shared.clear()
    version++
  })
  const ask = (id: string): Audience => {
    const audience = rules.audienceOf(id)
    if (!shared.has(audience.id)) shared.set(audience.id, audience)
    return shared.get(audience.id)!
  }
  return {
    version: () => version,
    of (id) {
      const audience = known.get(id) ?? ask(id)
      if (known.size >= MAX_REMEMBERED) known.clear()
      known.set(id, audience)
      return audience
    }
  }
}

/** An audience as an index keeps it, under a number that no other one gets later. */
export interface StoredAudience extends Audience {
  /** 0 for everybody, which is not stored. */
  key: number
}

/** @returns the numbers of the audiences whose documents these rights cover. */
export const keysSeen = (
  stored: readonly StoredAudience[],
  rights: Pick<DocumentRights, 'sees'>
): number[] =>
  [{ ...EVERYBODY, key: 0 }, ...stored].filter((audience) => rights.sees(audience)).map(({ key }) => key)

/** So often a search is repeated, however often the audiences change. */
const MAX_TRIES = 3

/**
 * Searches again where audiences got another index meanwhile, or lost theirs: documents may
 * have moved to one that was not searched.
 */
export async function searchAsStored<R> (
  stored: () => Promise<StoredAudience[]>,
  search: (stored: readonly StoredAudience[]) => Promise<R>
): Promise<R> {
  let before = await stored()
  for (let tries = 1; ; tries++) {
    const [found] = await Promise.allSettled([search(before)])
    const after = await stored()
    const isSame =
      after.length === before.length &&
      after.every(({ key, id }, at) => key === before[at]!.key && id === before[at]!.id)
    if (!isSame && tries < MAX_TRIES) before = after
    else if (found.status === 'fulfilled') return found.value
    else throw found.reason
  }
}

/** A part of a document, and the audience whose index it is in. */
export interface Place {
  key: number
  id: string
  audience: number
}

/** What a store offers for its documents to move. Each call is one transaction. */
export interface Movable {
  stored(): Promise<StoredAudience[]>
  /** In the order of their keys. */
  placesAfter(key: number, limit: number): Promise<Place[]>
  /** Gives the index of one audience to another that has none yet. */
  relabel(key: number, audience: Audience): Promise<void>
  /** Moves the first of these parts to the index of their audience. @returns how many. */
  move(keys: readonly number[]): Promise<number>
  /** Drops the indexes in which nothing is left. */
  dropEmpty(): Promise<void>
  /** A slice of what else is made of the indexes. @returns whether there is more. */
  complete?(): Promise<boolean>
}

/** Parts whose audience is asked for at once: some 10 ms. */
const SLICE = 500

/** As `DocumentStore.arrange`. @returns whether anything was moved. */
export async function arrange (
  store: Movable,
  audienceOf: AudienceOf,
  signal: AbortSignal
): Promise<boolean> {
  const stored = await store.stored()
  const idOf = new Map([[0, EVERYBODY.id], ...stored.map(({ key, id }) => [key, id] as const)])
  const wrong: Place[] = []
  /** Whose the documents of each index are now. */
  const meant = new Map<number, Map<string, Audience>>()
  for (let after = 0, places: Place[]; !signal.aborted; after = places.at(-1)!.key) {
    places = await store.placesAfter(after, SLICE)
    if (places.length === 0) break
    for (const place of places) {
      const audience = audienceOf(place.id)
      meant.set(place.audience, (meant.get(place.audience) ?? new Map()).set(audience.id, audience))
      if (audience.id !== idOf.get(place.audience)) wrong.push(place)
    }
    await setImmediate()
  }
  const relabeled = new Set<number>()
  const ids = new Set(idOf.values())
  for (const [key, audiences] of meant) {
    const [audience, ...others] = audiences.values()
    if (key === 0 || others.length > 0 || ids.has(audience!.id) || signal.aborted) continue
    await store.relabel(key, audience!)
    relabeled.add(key)
    ids.add(audience!.id)
  }
  const keys = wrong.filter(({ audience }) => !relabeled.has(audience)).map(({ key }) => key)
  for (let at = 0; at < keys.length && !signal.aborted;) {
    at += await store.move(keys.slice(at, at + SLICE))
    await setImmediate()
  }
  if (!signal.aborted) await store.dropEmpty()
  while (!signal.aborted && (await store.complete?.())) await setImmediate()
  return keys.length > 0
}
