// What a tool is: the contract between a file in tools/ and everything that lists, validates, guards and runs it. This
// room is the public API for authors of tools, resources, prompts and sources, and env.ts holds helpers for their
// variables. loader/ finds, checks, opens and reloads what authors wrote. Nothing here knows Fastify or a request.
// Tested in test/authoring/loader/load.test.ts.
import type { Icon } from '@modelcontextprotocol/server'
import type { z, ZodObject } from 'zod'
import type { ToolContext, ToolScope } from './context.ts'
import type { Resource } from './resource.ts'

export { isToolError, ToolError } from './tool-error.ts'
export { audio, embed, image, link, text } from './content.ts'
export type {
  LibraryDocument,
  LibraryEntry,
  LibraryHit,
  ToolClient,
  ToolContext,
  ToolLibrary,
  ToolNote,
  ToolNotes,
  ToolScope,
  ToolUser,
  TraceContext
} from './context.ts'
export { form, openUrl, roots, sample } from './elicitation.ts'

/** The three hints are required: a client that finds none treats the tool as a dangerous write. */
export interface ToolAnnotations {
  readOnlyHint: boolean
  destructiveHint: boolean
  openWorldHint: boolean
  idempotentHint?: boolean
}

/** The schema of the structured result, or none for a tool that only shows something. */
type OutputSchema = ZodObject | undefined
type ToolResult<Output extends OutputSchema> = Output extends ZodObject ? z.input<Output> : void

/** What a tool says about itself. */
interface ToolMetadata<Input extends ZodObject, Output extends OutputSchema> {
  /** 1–64 characters of `[A-Za-z0-9_-]`. */
  name: string
  title: string
  /** Written for a model: when to use it, and what comes back. */
  description: string
  input: Input
  /** Absent for a tool that returns nothing and only shows content. */
  output?: Output
  annotations: ToolAnnotations
  /** What the caller's token must carry; a missing one is answered 403 `insufficient_scope`. */
  scopes: ToolScope[]
  /**
   * Anyone may call it, without a sign-in and without its scopes. `user` is `null` for a caller who has not signed in.
   */
  noauth?: boolean
  /** Former names. Clients store lists of tools for weeks: a call by one of these names still works. */
  aliases?: string[]
  /** https or data URLs. */
  icons?: Icon[]
  /** Milliseconds it may run, at most 600,000; 25,000 if left out. ChatGPT gives up after 60 seconds. */
  timeout?: number
}

interface Runnable<Input extends ZodObject, Output extends OutputSchema> {
  /** Returns the structured result. A {@link ToolError} becomes an `isError` result whose text the model reads. */
  run(args: z.output<Input>, context: ToolContext): Promise<ToolResult<Output>>
}

/** A tool that can be called. */
export interface Tool<Input extends ZodObject = ZodObject, Output extends OutputSchema = OutputSchema>
  extends ToolMetadata<Input, Output>, Runnable<Input, Output> {}

/** What the server gives to a tool that it opens. */
export interface ToolHost {
  /** The folder of the server's own files. A tool must never show anything in it. */
  dataDir: string
  log: ToolContext['log']
}

export interface OpenedTool<
  Input extends ZodObject = ZodObject,
  Output extends OutputSchema = OutputSchema
> extends Runnable<Input, Output> {
  /** Offered beside the tool, made with the same values. */
  resources?: readonly Resource[]
  /** Called once, when the server closes. */
  close?(): Promise<void> | void
}

/** A tool with environment variables: the server opens it with their values when it starts. */
export interface ToolWithVariables<
  Input extends ZodObject = ZodObject,
  Output extends OutputSchema = OutputSchema,
  Env extends ZodObject = ZodObject
> extends ToolMetadata<Input, Output> {
  /**
   * The variables, each with a message for a wrong value, which joins the one start-up message. Make a variable optional
   * if the server can start without it.
   */
  env: Env
  /**
   * @returns undefined if the tool cannot be offered with these values, for example because none is set.
   * @throws to stop the start.
   */
  open(
    env: z.output<Env>,
    host: ToolHost
  ): OpenedTool<Input, Output> | undefined | Promise<OpenedTool<Input, Output> | undefined>
}

/** The default export of a tool's file in tools/. */
export type ToolDefinition = Tool | ToolWithVariables

/** Types a tool from its schemas. The default export of a tool's file in tools/ is the result of this call. */
export function defineTool<Input extends ZodObject, Env extends ZodObject, Output extends OutputSchema = undefined> (
  tool: ToolWithVariables<Input, Output, Env>
): ToolWithVariables<Input, Output, Env>
export function defineTool<Input extends ZodObject, Output extends OutputSchema = undefined> (
  tool: Tool<Input, Output>
): Tool<Input, Output> & { output: Output }
export function defineTool (tool: ToolDefinition): ToolDefinition {
  return tool
}
