// What a source is: something else that search and fetch cover besides the folder and the notes, such as a wiki,
// tickets or a table. It knows no Fastify and no request.

/** Who is asking. `null` when the server runs without sign-in. */
export interface SourceUser {
  id: string
  email?: string
  name?: string
}

/** Aborted when the client goes away or the source's time is up: pass it on to whatever waits. */
interface Asked {
  user: SourceUser | null
  signal: AbortSignal
}

export interface SourceHit {
  /** The source's own id; outside it is written `name:id`. */
  id: string
  title: string
  /** A short passage around the words that were found: it decides the place among the hits of other sources. */
  snippet: string
  /** Where a person can open it, http or https. Without it the server's own page shows the document. */
  url?: string
}

export interface SourceDocument {
  title: string
  /** Plain text or Markdown, of any length: what is long is handed out in parts. */
  text: string
  url?: string
  metadata?: Record<string, string>
}

export interface LibrarySource {
  /**
   * 1–32 small letters, digits or `-`, and never `note`: the beginning of its ids. It must stay as it is, since people
   * keep links.
   */
  name: string
  /**
   * Best first. Must return only what this user may see: ask for it in the query itself, since nothing filters
   * afterwards.
   * @param query as it was typed. @param options.limit most hits to return.
   */
  search(query: string, options: Asked & { limit: number }): Promise<SourceHit[]>
  /** @returns undefined for what is not there, and for what this user may not see. */
  fetch(id: string, options: Asked): Promise<SourceDocument | undefined>
  /** When the server stops. */
  close?(): Promise<void>
}

/** Types a source. The default export of every file in sources/ is the result of this call. */
export const defineSource = (source: LibrarySource): LibrarySource => source
