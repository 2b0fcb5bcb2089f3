// Which resources of an upstream are followed, over which connection: nobody can follow so many that others cannot, and what
// the upstream says without having been asked ends here (MCP "Subscriptions").
import { createInTurn } from './in-turn.ts'

/** By key, for a connection that takes the place of another: those that were used longest ago are forgotten. */
const MAX_KEYS = 1_000
/** Of one connection, which many may share. */
const MAX_URIS = 100
/** What one caller waits to follow: as much as a stream may name. */
const MAX_ASKED = 200
/** Milliseconds. An upstream that reports each keystroke is passed on less often. */
const PAUSE_MS = 250

export class Followed {
  /** The URIs of each key, oldest first, and who followed each last. */
  readonly #keys = new Map<string, Map<string, string>>()
  readonly #pending = new Map<string, readonly [uri: string, user: string | undefined]>()
  readonly #onChange: (uri: string, user: string | undefined) => void
  #timer: NodeJS.Timeout | undefined
  /** Has what one caller wants to follow asked for one after the other: it takes one place at the upstream. */
  readonly inTurn = createInTurn(MAX_ASKED)

  /** @param onChange gets a resource that is followed, and whose connection said so. */
  constructor (onChange: (uri: string, user: string | undefined) => void) {
    this.#onChange = onChange
  }

  has (key: string, uri: string): boolean {
    return this.#keys.get(key)?.has(uri) === true
  }

  of (key: string): string[] {
    return [...(this.#keys.get(key)?.keys() ?? [])]
  }

  /** @returns the URI that is followed no more because of it: the oldest one of the person who follows the most. */
  add (key: string, uri: string, person: string): string | undefined {
    const uris = this.#keys.get(key) ?? new Map<string, string>()
    this.#keys.delete(key)
    this.#keys.set(key, uris)
    if (this.#keys.size > MAX_KEYS) this.#keys.delete(this.#keys.keys().next().value!)
    uris.delete(uri)
    uris.set(uri, person)
    if (uris.size <= MAX_URIS) return undefined
    const ended = Map.groupBy(uris, ([, person]) => person).values().reduce((most, own) => (own.length > most.length ? own : most))[0]![0]
    uris.delete(ended)
    return ended
  }

  /** The upstream says that a resource has changed; of one that nobody follows, nothing is told. */
  changed (key: string, uri: string, user: string | undefined): void {
    if (!this.has(key, uri)) return
    this.#pending.set(JSON.stringify([key, uri]), [uri, user])
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const changes = [...this.#pending.values()]
      this.#pending.clear()
      for (const change of changes) this.#onChange(...change)
    }, PAUSE_MS).unref()
  }

  close (): void {
    clearTimeout(this.#timer)
  }
}
