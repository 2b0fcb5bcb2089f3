// What a tool is: the contract between a file in tools/ and everything that lists, validates, guards and runs it. It knows no Fastify and no request.
import type { z, ZodObject } from 'zod'

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
}

/** The documents this server serves, as a tool sees them. */
export interface ToolLibrary {
  /** @param limit most hits to return, best first. */
  search (query: string, options?: { limit?: number, signal?: AbortSignal }): Promise<LibraryHit[]>
  fetch (id: string): Promise<LibraryDocument | undefined>
}

/** What the house hands to a running tool. */
export interface ToolContext {
  user: ToolUser | null
  library: ToolLibrary
  /** Aborted when the client goes away or the tool's time is up: pass it on to whatever waits. */
  signal: AbortSignal
  /**
   * Runs the default export of a module, `(input) => output`, in a process of its own: for what is heavy, or could be hostile.
   * It has no environment and little memory, and is killed when {@link signal} is aborted. A {@link ToolError} it throws arrives as one.
   * @param task `new URL('./my-tool/task.ts', import.meta.url)`.
   * @param input travels by structured clone, and so does the output.
   */
  work<Out> (task: URL, input: unknown): Promise<Out>
  log: { info (message: string): void, warn (message: string): void }
}

/** The three hints are required: a client that finds none treats the tool as a dangerous write. */
export interface ToolAnnotations {
  readOnlyHint: boolean
  destructiveHint: boolean
  openWorldHint: boolean
  idempotentHint?: boolean
}

export interface Tool<Input extends ZodObject = ZodObject, Output extends ZodObject = ZodObject> {
  /** 1–64 characters of `[A-Za-z0-9_-]`. */
  name: string
  title: string
  /** Written for a model: when to use it, and what comes back. */
  description: string
  input: Input
  output: Output
  annotations: ToolAnnotations
  /** What the caller's token must carry; a missing one is answered 403 `insufficient_scope`. */
  scopes: ToolScope[]
  /** Returns the structured result. A {@link ToolError} becomes an `isError` result whose text the model reads. */
  run (args: z.output<Input>, context: ToolContext): Promise<z.input<Output>>
}

/** Types a tool from its schemas. The default export of every file in tools/ is the result of this call. */
export const defineTool = <Input extends ZodObject, Output extends ZodObject>(tool: Tool<Input, Output>): Tool<Input, Output> => tool

/** A failure the model should read and can act on: say what was wrong and what to try instead. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
}
