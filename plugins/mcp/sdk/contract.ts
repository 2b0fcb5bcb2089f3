// What the SDK's server is given: what is offered, and what a session does for its requests.
// This room owns the official SDK's server: how it is set up, fed with requests and kept strict. It hands its answers
// to the endpoint.
import type { Implementation, ServerCapabilities } from '@modelcontextprotocol/server'
import type { McpRequest } from '../contract.ts'
import type { CallServices } from '../handlers/contract.ts'
import type { Prompts } from '../handlers/prompts.ts'
import type { Resources } from '../handlers/resources.ts'
import type { ToolRegistry } from '../handlers/tools.ts'

/** All that is offered. What changes while the server runs changes inside of these. */
export interface Offered {
  tools: ToolRegistry
  resources: Resources
  prompts: Prompts
}

/** What a session of the `initialize` era does for its requests. */
export interface SessionState {
  subscribe(uri: string): Promise<void>
  unsubscribe(uri: string): Promise<void>
  /** Whether the client asked for log lines. */
  logs: boolean
}

export interface FactoryOptions extends Offered {
  services: CallServices
  serverInfo: Implementation
  instructions(request: McpRequest): string
  /** Whether the lists may be stored by caches that several people share. */
  isPublic: boolean
  /** Whether tools and prompts, or who may use them, can change while the server runs. */
  canChange(): boolean
  /** What the server declares beside its methods; absent for none. */
  extensions?: ServerCapabilities['extensions'] | undefined
  /** Gets what the SDK refused or could not do; the client has its answer already. */
  onError(error: Error): void
}
