// How what upstreams offer appears at this endpoint: the same tools, prompts and resources under their outer names.
// This room owns requests that are passed on for a caller (relay.ts): what an upstream learns of the caller
// (exchange.ts), its questions to the person (questions.ts), its results (results.ts) and failures (faults.ts). tools.ts,
// prompts.ts and resources.ts hand what is offered to handlers/; changes.ts says who is told of a change. It knows no
// connection, process or URL of an upstream.
// Types only.
import type { InputRequiredResult } from '@modelcontextprotocol/server'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import type { UpstreamRequest, Upstreams } from '../../upstreams/contract.ts'
import type { Caller } from '../handlers/protocol-errors.ts'
import type { TIMED_OUT } from '../handlers/timeout.ts'

/** A request of a caller, in the words of the upstream. */
export interface RelayedRequest extends UpstreamRequest {
  upstream: string
  /** What the caller's own words were, so that answers to questions fit no other request. */
  asked: readonly unknown[]
  /** Milliseconds. */
  timeoutMs: number
}

export interface Relay {
  readonly upstreams: Upstreams
  /** @throws UpstreamError for one that is no longer in the file. */
  settingsOf(upstream: string): Pick<UpstreamSettings, 'timeoutMs' | 'secrets'>
  /**
   * Sends it, with the questions of the upstream to the person.
   * @returns the result as it came, the questions to ask first, or {@link TIMED_OUT}.
   * @throws UpstreamError; RelayedError with what the upstream answered; ProtocolError -32602 for a `requestState` of
   * another call; when the client disconnects, the reason of the request's signal.
   */
  send(request: RelayedRequest, caller: Caller): Promise<Record<string, unknown> | InputRequiredResult | typeof TIMED_OUT>
}
