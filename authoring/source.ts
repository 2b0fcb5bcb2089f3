// What a source is: something besides documents and notes that search and fetch cover, such as a wiki, tickets or a
// table. It knows no Fastify and no request.

/** The caller. `null` if the server runs without sign-in. */
export interface SourceUser {
  id: string
  email?: string
  name?: string
}

/** `signal` is aborted when the client disconnects or the source's time is up: pass it to everything that waits. */
interface Asked {
  user: SourceUser | null
  signal: AbortSignal
}

export interface SourceHit {
  /** The source's own id; outside it is written `name:id`. */
  id: string
  title: string
  /** A short passage around the words that were found. It decides the rank among the hits of other sources. */
  snippet: string
  /** Where a person can open it, http or https. Without it the server's own page shows the document. */
  url?: string
}

export interface SourceDocument {
  title: string
  /** Plain text or Markdown: a long text is served in parts, up to 5 million characters. */
  text: string
  url?: string
  metadata?: Record<string, string>
}

export interface LibrarySource {
  /**
   * 1–32 lower-case letters, digits or `-`, and never `note`: the prefix of its ids. It must not change, since people store
   * links.
   */
  name: string
  /**
   * Best first. Must return only what this user may see: put that into the query itself, since nothing filters afterwards.
   * @param query as it was typed.
   * @param options.limit the most hits to return.
   */
  search(query: string, options: Asked & { limit: number }): Promise<SourceHit[]>
  /** @returns undefined if there is no such document, or this user may not see it. */
  fetch(id: string, options: Asked): Promise<SourceDocument | undefined>
  /** Called once, when the server stops. */
  close?(): Promise<void>
}

/** Types a source. The default export of every file in sources/ is the result of this call. */
export const defineSource = (source: LibrarySource): LibrarySource => source
