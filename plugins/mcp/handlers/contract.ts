// What passes between the handlers of tools, resources and prompts and what they all run by: the services of a call,
// and the call itself.
import type { ClientCapabilities, ContentBlock } from '@modelcontextprotocol/server'
import type { ToolClient, ToolContext } from '../../../authoring/tool.ts'
import type { Library } from '../../library/contract.ts'
import type { Notes } from '../../notes/index.ts'
import type { Workers } from '../../workers.ts'
import type { McpRequest } from '../contract.ts'
import type { RequestStateCodec, RetryInput } from './input-required.ts'
import type { OnBehalfOf } from './on-behalf-of.ts'

/** What a tool gets from the house; what is somebody's own is handed out for the caller alone. */
export interface CallServices {
  library: Pick<Library, 'of'>
  notes: Pick<Notes, 'of'>
  workers: Workers
  /** Milliseconds a tool may run that does not say so itself. */
  timeout: number
  meter: Meter
  onBehalfOf: OnBehalfOf
  claimsOf: OnBehalfOf
  states: RequestStateCodec
}

/** Who counts the calls. */
export interface Meter {
  /** Counts a call, or says in words for a model why it may not be made now. */
  take(exchange: McpRequest, tool: string): string | undefined
  /** Told when it is over. */
  called(exchange: McpRequest, call: { tool: string; outcome: 'ok' | 'refused' | 'failed'; ms: number }): void
}

/** What the protocol knows of one call besides its arguments. */
export interface ClientChannel extends RetryInput {
  capabilities: ClientCapabilities | undefined
  meta: Readonly<Record<string, unknown>>
  /** Absent where nothing but the answer can be sent. */
  notifyProgress?(progress: {
    progressToken: string | number
    progress: number
    total?: number
    message?: string
  }): void
  log?(level: Parameters<ToolClient['log']>[0], message: string): void
}

/** One piece of work. `method` and `params` name it, so that answers to its questions fit no other. */
export interface Invocation<Result> {
  method: string
  params: unknown
  log: ToolContext['log']
  /** Milliseconds. */
  timeout: number
  /** Takes what the work shows. */
  shown: ContentBlock[]
  run(context: ToolContext): Promise<Result>
}
