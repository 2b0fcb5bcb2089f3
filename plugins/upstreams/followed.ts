// Which resources of an upstream are followed, over which connection: nobody can follow so many that others cannot, and what
// the upstream says without having been asked ends here (MCP "Subscriptions").
import { createTurns } from '../in-turns.ts'
import { createInTurn } from './in-turn.ts'

/** By key, for a connection that takes the place of another: those that were used longest ago are forgotten. */
const MAX_KEYS = 1_000
/** Of the URIs of one connection, which many may share. With one more, of 2,048 characters, a server such as ours takes them. */
const MAX_BYTES = 14_000
/** That a URI counts for at least. */
const MIN_BYTES = 140
/** People who are known to follow one resource. */
const MAX_PEOPLE = 20
/** What one caller waits to follow: as much as a stream may name. */
const MAX_ASKED = 200
/** Milliseconds. An upstream that reports each keystroke is passed on less often. */
const PAUSE_MS = 250

/** URIs, oldest first, and who follows each. */
type Uris = Map<string, Set<string>>

export class Followed {
  readonly #keys = new Map<string, Uris>()
  readonly #pending = new Map<string, readonly [uri: string, user: string | undefined]>()
  readonly #onChange: (uri: string, user: string | undefined) => void
  readonly #isHere: (userId: string) => Promise<boolean>
  #timer: NodeJS.Timeout | undefined
  /** Has what one caller wants to follow asked for one after the other: it takes one place at the upstream. */
  readonly inTurn = createInTurn(MAX_ASKED)

  /**
   * @param onChange gets a resource that is followed, and whose connection said so.
   * @param isHere whether there still is such a person: their connection may go on for a while, and what is told is stored.
   */
  constructor (onChange: (uri: string, user: string | undefined) => void, isHere: (userId: string) => Promise<boolean>) {
    this.#onChange = onChange
    this.#isHere = isHere
  }

  /** @param uri that is followed; without it, anything is. */
  has (key: string, uri?: string): boolean {
    const uris = this.#keys.get(key)
    return uri === undefined ? uris !== undefined : uris?.has(uri) === true
  }

  of (key: string): string[] {
    return [...(this.#keys.get(key)?.keys() ?? [])]
  }

  /** For a connection that takes the place of another. @returns the first refusal: an upstream may refuse all of them. */
  async again (key: string, follow: (uri: string) => Promise<void>): Promise<Error | undefined> {
    const told = await Promise.allSettled(this.of(key).map(follow))
    return told.find((one) => one.status === 'rejected')?.reason as Error | undefined
  }

  /**
   * @param holder whose share it takes: a person, or the site of callers without sign-in.
   * @returns the URIs that are followed no more because of it.
   */
  add (key: string, uri: string, holder: string): string[] {
    const uris: Uris = this.#keys.get(key) ?? new Map()
    this.#keys.delete(key)
    this.#keys.set(key, uris)
    if (this.#keys.size > MAX_KEYS) this.#keys.delete(this.#keys.keys().next().value!)
    const people = uris.get(uri) ?? new Set()
    people.delete(holder)
    people.add(holder)
    if (people.size > MAX_PEOPLE) people.delete(people.values().next().value!)
    uris.delete(uri)
    uris.set(uri, people)
    return makeRoom(uris, uri)
  }

  /** The upstream says that a resource has changed; of one that nobody follows, nothing is told. */
  changed (key: string, uri: string, user: string | undefined): void {
    if (!this.has(key, uri)) return
    this.#pending.set(JSON.stringify([key, uri]), [uri, user])
    this.#timer ??= setTimeout(() => { this.#tell() }, PAUSE_MS).unref()
  }

  /** In turns with other requests: whose a resource is takes a while to find out. */
  async #tell (): Promise<void> {
    const changes = [...this.#pending.values()]
    this.#pending.clear()
    this.#timer = undefined
    const gone = await this.#goneOf(changes)
    const turn = createTurns()
    for (const [uri, user] of changes) {
      const waiting = turn()
      if (waiting) await waiting
      if (user === undefined || !gone.has(user)) this.#onChange(uri, user)
    }
  }

  /** While storage is away nobody is: then nothing is stored either. */
  async #goneOf (changes: ReadonlyArray<readonly [uri: string, user: string | undefined]>): Promise<Set<string>> {
    const people = new Set(changes.flatMap(([, user]) => user ?? []))
    const found = await Promise.all([...people].map(async (user) => (await this.#isHere(user).catch(() => true)) ? [] : [user]))
    return new Set(found.flat())
  }

  close (): void {
    clearTimeout(this.#timer)
  }
}

const bytesOf = (uri: string): number => Math.max(MIN_BYTES, Buffer.byteLength(uri))

/**
 * Whoever holds the most gives up the oldest of theirs; it ends once nobody is left who follows it.
 * @param added stays.
 */
function makeRoom (uris: Uris, added: string): string[] {
  const ended: string[] = []
  let bytes = [...uris.keys()].reduce((sum, uri) => sum + bytesOf(uri), 0)
  if (bytes <= MAX_BYTES) return ended
  const held = new Map<string, number>()
  for (const [uri, people] of uris) {
    if (uri !== added) for (const holder of people) held.set(holder, (held.get(holder) ?? 0) + bytesOf(uri))
  }
  while (bytes > MAX_BYTES) {
    const [holder, most] = [...held].reduce((largest, other) => (other[1] > largest[1] ? other : largest))
    const [uri, people] = [...uris].find(([uri, people]) => uri !== added && people.has(holder))!
    held.set(holder, most - bytesOf(uri))
    people.delete(holder)
    if (people.size > 0) continue
    uris.delete(uri)
    bytes -= bytesOf(uri)
    ended.push(uri)
  }
  return ended
}
