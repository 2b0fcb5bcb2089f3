// The context of a running tool, resource or prompt: who calls, what they may read, and what can be asked and shown.
// Tested in test/plugins/mcp/handlers/context.test.ts.
import type { SupabaseClient } from '@supabase/supabase-js'
import type { ContentBlock } from './content.ts'
import type { Answers, Questions } from './elicitation.ts'

/** The scopes a tool may ask for: `mcp:read` reads, `mcp:write` changes something. */
export type ToolScope = 'mcp:read' | 'mcp:write'

/** Who is calling. `null` when the server runs without sign-in (`AUTH_BACKEND=none`). */
export interface ToolUser {
  id: string
  email?: string
  name?: string
  /** Of their provider, of the operator and of access.json: docs/who-may-use-what.md. */
  groups: readonly string[]
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
  /** The number of parts, if one part was requested. */
  parts?: number
}

/** A document in a list. */
export interface LibraryEntry {
  id: string
  title: string
}

/** What the caller may read here: the documents of the server, their own notes, and further sources. */
export interface ToolLibrary {
  /** @param options.limit the most hits to return, best first. */
  search(query: string, options?: { limit?: number; signal?: AbortSignal }): Promise<LibraryHit[]>
  /**
   * @param options.part part of a long document, from 1: only its text is returned, with the number of `parts`. Without
   * it, the whole document.
   */
  fetch(id: string, options?: { part?: number; signal?: AbortSignal }): Promise<LibraryDocument | undefined>
  /**
   * As many parts as fit, at least one: for work that needs much of a document, but not all of a long one.
   * @param options.part the first part, from 1.
   * @returns with `next`, the part to continue with, if there is more.
   */
  read(
    id: string,
    options: { part?: number; maxCharacters: number; signal?: AbortSignal }
  ): Promise<(LibraryDocument & { next?: number }) | undefined>
  /**
   * The documents of the server in the order of their ids, at most 100 in one page.
   * @param page.prefix only ids that begin with this.
   * @param page.after the last id of the page before.
   */
  list(page?: {
    prefix?: string
    after?: string | undefined
    limit?: number
  }): Promise<{ documents: LibraryEntry[]; more: boolean }>
  /**
   * Files that could hold an answer and cannot be read, for example `3 left out: 3 .pdf (password)`; undefined where
   * there is none.
   */
  unread?(): string | undefined
}

/** A note of the caller. Times are ISO 8601. */
export interface ToolNote {
  /** `note:…`; the library fetches it by this id as well. */
  id: string
  title: string
  text: string
  /** 1 for a new note, and one more after each change. */
  version: number
  created: string
  modified: string
  /** Opens the note in a browser, for its owner. */
  url: string
}

/** The caller's own notes; no other person's can be reached. Refusals are thrown as a {@link ToolError}. */
export interface ToolNotes {
  /** @param note without a title, its first line becomes the title. */
  create(note: { title?: string | undefined; text: string }): Promise<ToolNote>
  /** Adds lines at the end, at any version. */
  append(id: string, text: string): Promise<ToolNote>
  /**
   * @param version the version that was read: if the note has changed since, nothing is written.
   * @param change.edit replaces `from`, which must occur in the text exactly once.
   */
  update(
    id: string,
    version: number,
    change: { title?: string | undefined; text?: string | undefined; edit?: { from: string; to: string } | undefined }
  ): Promise<ToolNote>
  delete(id: string, version: number): Promise<void>
  find(id: string): Promise<ToolNote | undefined>
  /** Ids of notes whose id, without `note:`, begins with this, or whose title contains it: at most 100. */
  complete(typed: string, limit?: number): Promise<string[]>
  /** Best first, without documents. */
  search(query: string, limit: number): Promise<Array<Omit<LibraryHit, 'url'>>>
  /** Newest change first. @param cursor `next` of the page before. */
  list(page?: {
    limit?: number | undefined
    cursor?: string | undefined
  }): Promise<{ notes: ToolNote[]; next?: string }>
}

/** The calling client, as far as a tool may use it. */
export interface ToolClient {
  /** What its person and its model can be asked; see {@link ToolContext.ask}. */
  can: { form: boolean; openUrl: boolean; sample: boolean; roots: boolean }
  /** Shows a line in the client, if it wants lines of this level. Never log secrets or personal data. */
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void
}

/** W3C Trace Context of the call, to send as headers to the services that the tool calls. */
export interface TraceContext {
  traceparent: string
  tracestate?: string
  baggage?: string
}

/** What the server gives to a running tool, resource or prompt. */
export interface ToolContext {
  user: ToolUser | null
  /**
   * Whom the call counts for where something is shared: the person's id, or the address of a caller who has not signed in,
   * of IPv6 its /48.
   */
  caller: string
  library: ToolLibrary
  notes: ToolNotes
  /**
   * A supabase-js client with the caller's rights: row-level security decides what it may read and change. Get a new one
   * in each call.
   * @throws ToolError when the caller did not sign in with Supabase, or Supabase does not answer.
   */
  supabase(): Promise<SupabaseClient>
  /**
   * The claims about the caller in their Supabase token (`sub`, `role`, `aal`, `app_metadata` …): for tools that query the
   * project's database directly.
   * @throws ToolError as {@link ToolContext.supabase} does.
   */
  supabaseClaims(): Promise<Readonly<Record<string, unknown>>>
  /** Aborted when the client disconnects or the tool's time is up: pass it to everything that waits. */
  signal: AbortSignal
  /**
   * Runs the default export of a module, `(input) => output`, in a process of its own: for work that is heavy or could be
   * hostile. The process has no environment, no network and little memory, starts no other process, writes no file and
   * reads only its own code. It counts against the caller's share of the workers, and is killed when {@link signal} is
   * aborted, or after a few seconds while others wait for a worker. A {@link ToolError} that it throws arrives as one.
   * @param task `new URL('./my-tool/task.ts', import.meta.url)`. It imports what lies in the same folder of the
   * package, and packages.
   * @param input travels by structured clone, and so does the output.
   * @param options.timeout milliseconds after which it is killed, if that is sooner than the end of the call. Throws a
   * TimeoutError then.
   * @param options.reads real paths of further files that it may read. Never take them from a caller.
   */
  runInWorker<Out>(task: URL, input: unknown, options?: { timeout?: number; reads?: readonly string[] }): Promise<Out>
  log: { info(message: string): void; warn(message: string): void }
  /**
   * Adds content after the result: a text, an image, a sound, a link, a document. Nothing of it is sent if the call
   * fails.
   */
  show(...content: ContentBlock[]): void
  /** Reports progress to a client that asked for it. Steps that do not go forward are left out. */
  progress(done: number, total?: number, message?: string): void
  /**
   * Asks the person or the model at the client, and returns the answers. Nothing runs here while they are pending: once
   * they arrive, `run` starts again from the beginning, and this call then returns. So everything before it must be safe
   * to do twice.
   */
  ask<Q extends Questions>(questions: Q): Promise<Answers<Q>>
  client: ToolClient
  trace?: TraceContext
}
