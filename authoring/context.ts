// What a tool, a resource or a prompt is given when it runs: who calls, what they may read, and what can be asked and
// shown.
import type { SupabaseClient } from '@supabase/supabase-js'
import type { ContentBlock } from './content.ts'
import type { Answers, Questions } from './elicitation.ts'

/** The scopes a tool may ask for: `mcp:read` looks, `mcp:write` changes something. */
export type ToolScope = 'mcp:read' | 'mcp:write'

/** Who is calling. `null` when the server runs without sign-in (`AUTH_BACKEND=none`). */
export interface ToolUser {
  id: string
  email?: string
  name?: string
}

/** A hit of a library search. `url` opens the document in a browser. */
export interface LibraryHit {
  id: string
  title: string
  url: string
  /** A short passage around the words that were found. */
  snippet: string
}

export interface LibraryDocument {
  id: string
  title: string
  text: string
  url: string
  metadata?: Record<string, string>
  /** When one part was asked for: how many there are. */
  parts?: number
}

/** A document in a list. */
export interface LibraryEntry {
  id: string
  title: string
}

/** What the caller may read here: the documents of the server, their own notes, and further sources. */
export interface ToolLibrary {
  /** @param limit most hits to return, best first. */
  search(query: string, options?: { limit?: number; signal?: AbortSignal }): Promise<LibraryHit[]>
  /**
   * @param part of a long document, from 1: its text alone comes back, with how many `parts` there are. Without it, the
   * whole.
   */
  fetch(id: string, options?: { part?: number; signal?: AbortSignal }): Promise<LibraryDocument | undefined>
  /**
   * As many parts as fit, at least one: for what needs much of a document, and not all of a long one.
   * @param part to begin with, from 1. @returns with `next`, the part to go on with, where there is more.
   */
  read(
    id: string,
    options: { part?: number; maxCharacters: number; signal?: AbortSignal }
  ): Promise<(LibraryDocument & { next?: number }) | undefined>
  /**
   * The documents of the server in the order of their ids, at most 100 at once.
   * @param begins only ids that begin so.
   * @param after the last id of the page before.
   */
  list(page?: {
    prefix?: string
    after?: string | undefined
    limit?: number
  }): Promise<{ documents: LibraryEntry[]; more: boolean }>
}

/** A note of the caller. Times are ISO 8601. */
export interface ToolNote {
  /** `note:…`; the library fetches it by this id as well. */
  id: string
  title: string
  text: string
  /** 1 when it is made, one more at every change. */
  version: number
  created: string
  modified: string
  /** Opens the note in a browser, for its owner. */
  url: string
}

/** The caller's own notes; nobody else's can be reached from here. What is refused is thrown as a {@link ToolError}. */
export interface ToolNotes {
  /** @param note without a title, its first line becomes the title. */
  create(note: { title?: string | undefined; text: string }): Promise<ToolNote>
  /** Adds lines at the end, whatever the version. */
  append(id: string, text: string): Promise<ToolNote>
  /** @param version the one that was read: when the note has changed since, nothing is written. */
  update(
    id: string,
    version: number,
    change: { title?: string | undefined; text?: string | undefined }
  ): Promise<ToolNote>
  delete(id: string, version: number): Promise<void>
  find(id: string): Promise<ToolNote | undefined>
  /** Ids of notes whose id, without `note:`, begins so, or whose title holds it: at most 100. */
  complete(typed: string, limit?: number): Promise<string[]>
  /** Newest change first. @param cursor `next` of the page before. */
  list(page?: {
    limit?: number | undefined
    cursor?: string | undefined
  }): Promise<{ notes: ToolNote[]; next?: string }>
}

/** The client that called, as far as a tool may deal with it. */
export interface ToolClient {
  /** What its person and its model can be asked; see {@link ToolContext.ask}. */
  can: { form: boolean; openUrl: boolean; sample: boolean; roots: boolean }
  /** Shows a line in the client, if it asked for lines of this level. Nothing secret or personal belongs there. */
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void
}

/** W3C Trace Context of the call, to pass on as headers of whatever the tool calls. */
export interface TraceContext {
  traceparent: string
  tracestate?: string
  baggage?: string
}

/** What the house hands to a running tool, and to a resource or prompt that is made. */
export interface ToolContext {
  user: ToolUser | null
  library: ToolLibrary
  notes: ToolNotes
  /**
   * A supabase-js client that acts as the caller: row-level security decides what it sees and may change. Get it anew
   * in each call.
   * @throws ToolError when the caller did not sign in with Supabase, or Supabase does not answer.
   */
  supabase(): Promise<SupabaseClient>
  /**
   * What the caller's token at Supabase says of them (`sub`, `role`, `aal`, `app_metadata` …): for whoever asks the
   * project's database itself.
   * @throws ToolError as {@link ToolContext.supabase} does.
   */
  supabaseClaims(): Promise<Readonly<Record<string, unknown>>>
  /** Aborted when the client goes away or the tool's time is up: pass it on to whatever waits. */
  signal: AbortSignal
  /**
   * Runs the default export of a module, `(input) => output`, in a process of its own: for what is heavy, or could be
   * hostile.
   * It has no environment, no network and little memory, starts no other process, writes no file and reads none but its
   * own code.
   * It counts against the caller's share of the workers, and is killed when {@link signal} is aborted. A {@link
   * ToolError} it throws
   * arrives as one.
   * @param task `new URL('./my-tool/task.ts', import.meta.url)`. It imports what lies in the same folder of the
   * package, and packages.
   * @param input travels by structured clone, and so does the output.
   * @param options.timeout milliseconds after which it is killed, where that is sooner than the call's own end: a
   * TimeoutError then.
   * @param options.reads real paths of files that it may read besides; never taken from a caller.
   */
  runInWorker<Out>(task: URL, input: unknown, options?: { timeout?: number; reads?: readonly string[] }): Promise<Out>
  log: { info(message: string): void; warn(message: string): void }
  /**
   * Adds to what the caller sees, after the result: a text, an image, a sound, a link, a document. Nothing of it is
   * sent if the call fails.
   */
  show(...content: ContentBlock[]): void
  /** Tells a client that wants to know how far the work is. Steps that do not go forward are left out. */
  progress(done: number, total?: number, message?: string): void
  /**
   * Asks the person or the model on the other side, and goes on with the answers. While they are waited for nothing
   * runs here:
   * `run` begins anew, and this call then returns. So what comes before it must be harmless to do twice.
   */
  ask<Q extends Questions>(questions: Q): Promise<Answers<Q>>
  client: ToolClient
  trace?: TraceContext
}
