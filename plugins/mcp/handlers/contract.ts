// What the handlers of tools, resources and prompts share: the services of a call, the channel to its client, and the
// call itself.
// This room owns what a call means: tools, resources, prompts and completion, their arguments, scopes, time limits and
// answers. It hands an answer to the endpoint, whichever path the request took.
// Types only.
import type { ClientCapabilities, ContentBlock } from '@modelcontextprotocol/server'
import type { ToolClient, ToolContext } from '../../../authoring/tool.ts'
import type { Library } from '../../library/contract.ts'
import type { Notes } from '../../notes/index.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import type { Workers } from '../../workers.ts'
import type { McpRequest } from '../contract.ts'
import type { RetryInput } from './input-required.ts'
import type { OnBehalfOf } from './on-behalf-of.ts'
import type { RequestStateCodec } from './request-state.ts'

/** What a call may use. What belongs to a person is handed out for the caller alone. */
export interface CallServices {
  library: Pick<Library, 'of'>
  notes: Pick<Notes, 'of'>
  workers: Workers
  /** Milliseconds that a tool without its own timeout may run. */
  timeout: number
  meter: Meter
  /** Whether what a token allowed is still allowed, for what is written in the course of a call. */
  stillAllows(access: Access): boolean | Promise<boolean>
  /** Every group that a person is in, also those of access.json. */
  groupsOf(user: Access['user']): readonly string[]
  onBehalfOf: OnBehalfOf
  claims: OnBehalfOf
  states: RequestStateCodec
}

/** Counts the calls. */
export interface Meter {
  /** Counts a call. @returns undefined, or why it may not be made now, in words for a model. */
  take(request: McpRequest, tool: string): string | undefined
  /** Called when the call has ended. `ms` is its duration. */
  called(request: McpRequest, call: { tool: string; upstream?: string; outcome: 'ok' | 'refused' | 'failed'; ms: number }): void
}

/** What the protocol knows of one call besides its arguments, and how its client is reached meanwhile. */
export interface ClientChannel extends RetryInput {
  capabilities: ClientCapabilities | undefined
  meta: Readonly<Record<string, unknown>>
  /** Absent where only the answer can be sent. */
  notifyProgress?(progress: {
    progressToken: string | number
    progress: number
    total?: number
    message?: string
  }): void
  log?(level: Parameters<ToolClient['log']>[0], message: string): void
}

/** One call of what an author wrote. `method` and `params` name it, so that answers to its questions fit no other. */
export interface Invocation<Result> {
  method: string
  params: unknown
  log: ToolContext['log']
  /** Milliseconds. */
  timeout: number
  /** Collects what the tool shows. */
  shown: ContentBlock[]
  run(context: ToolContext): Promise<Result>
}
