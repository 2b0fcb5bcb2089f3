// Existing MCP servers behind this one: what they offer, and how a request for a caller reaches them.
// This room owns the connections to upstreams: their processes (processes/), their HTTP (http/), their lists (catalogue/)
// and their states. It hands what they offer, and their answers, to the MCP endpoint. It knows no HTTP request of ours, and
// nothing of it takes an address, a command or a header from one.
// Types, and the errors.
import type {
  ClientCapabilities,
  Prompt,
  ResourceTemplateType,
  ServerCapabilities,
  Tool,
  ToolAnnotations
} from '@modelcontextprotocol/client'
import type { ToolScope } from '../../authoring/context.ts'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import type { Change } from './catalogue/contract.ts'

/** For whom a request is sent. Never their token. */
export interface UpstreamCaller {
  id: string
  /** Only if it is proven. */
  email?: string | undefined
  name?: string | undefined
  groups: readonly string[]
  /** Of the app that calls. */
  clientId: string
}

/** What an upstream may reach of the caller while it works on one request. */
export interface Exchange {
  /**
   * `undefined` for a caller without sign-in, and for this server itself, which reads lists.
   */
  caller: UpstreamCaller | undefined
  /** Of a caller without sign-in, as `siteOf` has it: whose share of the requests it takes. */
  site?: string | undefined
  /** Aborted when the caller has gone; the upstream is told. */
  signal: AbortSignal
  /** `_meta` of the caller's request without what is between them and this server. */
  meta: Readonly<Record<string, unknown>>
  /** Of the caller's client: what it can be asked. */
  capabilities: ClientCapabilities | undefined
  /** Counts the caller's message while it is worked on; absent for one that is not large. */
  large?: { keep(): void; done(): void } | undefined
  /** Absent if the caller did not ask for progress. */
  progress?: ((progress: { progress: number; total?: number | undefined; message?: string | undefined }) => void) | undefined
  /** Absent if the caller takes no log lines. */
  log?: ((level: 'debug' | 'info' | 'warning' | 'error', message: string) => void) | undefined
  /** The answers to the questions of an earlier answer, and its state. */
  retry?: { state: string; responses: Readonly<Record<string, unknown>> } | undefined
  /**
   * For what goes on while the caller has no request open, such as a question to them.
   * @param end called once what allowed their request has ended. @returns what has it called no more.
   */
  whileAllowed?(end: () => void): () => void
}

/**
 * What the upstream answered: its result, or what it asks the person first (elicitations, as
 * MCP 2026-07-28 embeds them).
 */
export type Answered =
  | { kind: 'result'; result: Record<string, unknown> }
  | {
    kind: 'questions'
    requests: Readonly<Record<string, { method: 'elicitation/create'; params: Record<string, unknown> }>>
    /**
     * To be given back in {@link Exchange.retry}. It is not secret, and must come back as it
     * was.
     */
    state: string
  }

/** An open connection, its protocol version negotiated. */
export interface Connection {
  readonly capabilities: ServerCapabilities
  readonly protocolVersion: string
  /** As the upstream wrote them. */
  readonly instructions: string | undefined
  /**
   * One request by this server itself, such as a page of a list. @throws as {@link
   * Upstream.request}.
   */
  ask(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>>
}

export interface UpstreamRequest {
  method: 'tools/call' | 'prompts/get' | 'resources/read' | 'resources/list' | 'completion/complete'
  params: Record<string, unknown>
}

/**
 * A tool under the name that our clients see. `listed` has that name as well, and its
 * annotations are corrected.
 */
export interface UpstreamTool {
  upstream: string
  name: string
  /** As the upstream calls it. */
  ownName: string
  /** As the upstream gave them. */
  ownAnnotations?: ToolAnnotations | undefined
  listed: Tool
  scopes: readonly ToolScope[]
  timeoutMs: number
}

export interface UpstreamPrompt {
  upstream: string
  name: string
  ownName: string
  listed: Prompt
}

/** What an upstream offered when it was last asked, bounded in number and size. */
export interface Catalogue {
  tools: readonly UpstreamTool[]
  prompts: readonly UpstreamPrompt[]
  templates: readonly ResourceTemplateType[]
  /** Whether it has resources at all; their list is asked for each caller. */
  hasResources: boolean
  /** What it says about itself, shortened; `undefined` for nothing. */
  instructions: string | undefined
  /** URIs of its first resources, to know whose a URI is. */
  uris: readonly string[]
}

export type UpstreamState =
  /** Not needed yet, or ended because nobody used it. */
  | 'idle'
  | 'ready'
  /** The last attempt failed; the next one waits. */
  | 'failing'

export interface UpstreamStatus {
  name: string
  state: UpstreamState
  /** Why the last attempt failed, in words for the operator. */
  fault?: string | undefined
  /** Since when it is connected, or not reached: seconds since the epoch. */
  since?: number | undefined
  /** What the log has said about its lists since the start. */
  findings: readonly string[]
  /** Processes or sessions that are open. */
  connections: number
  protocolVersion?: string | undefined
}

export interface Upstream {
  readonly settings: UpstreamSettings
  readonly catalogue: Catalogue
  status(): UpstreamStatus
  /**
   * Sends a request with the upstream's own names in it.
   * @throws UpstreamError; ProtocolError with what the upstream answered.
   */
  request(request: UpstreamRequest, exchange: Exchange): Promise<Answered>
  /** Ends its connections and processes, and connects again. Never rejects. */
  restart(): Promise<void>
  /**
   * Has the upstream report changes of a resource from now on. What one caller follows is
   * asked for one after the other.
   * @param site of a caller without sign-in, as {@link Exchange.site}.
   * @param mayBegin whether the caller may still ask, once their turn has come.
   * @throws as {@link Upstream.request}.
   */
  subscribe(uri: string, caller: UpstreamCaller | undefined, site?: string, mayBegin?: () => Promise<boolean>): Promise<void>
}

export type UpstreamChange =
  /** Its tools, prompts, templates or resources. */
  | { kind: 'lists'; upstream: string }
  /**
   * @param user whose connection said so; `undefined` for one that everybody shares.
   */
  | { kind: 'resource'; upstream: string; uri: string; user?: string | undefined }

/** One request that has been answered, for metrics. */
export interface UpstreamCall {
  upstream: string
  method: string
  outcome: 'ok' | UpstreamFault
  ms: number
}

export interface Upstreams {
  /** In the order of the file. */
  readonly all: readonly Upstream[]
  /** Of all of them; each name is there once. */
  readonly tools: readonly UpstreamTool[]
  readonly prompts: readonly UpstreamPrompt[]
  find(name: string): Upstream | undefined
  /** Resolves when each has been asked for its lists once, with success or without. */
  looked(): Promise<void>
  /**
   * What has changed in the lists of all of them, oldest first. @throws StorageUnavailable
   */
  changes(): Promise<readonly Change[]>
  onChange(listener: (change: UpstreamChange) => unknown): void
  onCall(listener: (call: UpstreamCall) => unknown): void
  /**
   * Follows a file that has changed: ends what is gone or different, and leaves the others
   * alone.
   */
  replace(settings: readonly UpstreamSettings[]): Promise<void>
}

export type UpstreamFault =
  /** It could not be started, or no connection could be made. */
  | 'unreachable'
  /** It did not answer in time. */
  | 'timeout'
  /** HTTP 401 or 403: this server's own access to it does not suffice. */
  | 'unauthorized'
  /** HTTP 429, or as many requests as it may have at once. */
  | 'busy'
  /** It died, or closed the connection, before it answered. */
  | 'ended'
  /** Its answer is too large, too deep, or not MCP. */
  | 'malformed'
  /** HTTP 5xx and everything else. */
  | 'failed'

/** `message` is for the operator's log; nothing of it reaches a caller. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  readonly upstream: string
  readonly fault: UpstreamFault
  /** Whether the request may have been carried out. */
  readonly wasSent: boolean

  constructor (
    upstream: string,
    fault: UpstreamFault,
    message: string,
    { wasSent = true, cause }: { wasSent?: boolean; cause?: unknown } = {}
  ) {
    super(message, { cause })
    this.upstream = upstream
    this.fault = fault
    this.wasSent = wasSent
  }
}
