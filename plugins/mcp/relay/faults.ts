// What went wrong at an upstream, in words for a model or a client: what to do next, and nothing of the inside. The
// operator finds the rest in the log (MCP "Tools", error handling; JSON-RPC 2.0 §5.1).
import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { survey } from '../../upstreams/catalogue/survey.ts'
import type { UpstreamError, UpstreamFault } from '../../upstreams/contract.ts'
import { hiddenParts, hideIn, hideInside } from '../../upstreams/without-secrets.ts'
import { checkFirst, type Named } from '../handlers/unfinished-call.ts'

/** What happened, and what to do if nothing can have been changed. */
const WORDS: Readonly<Record<UpstreamFault, readonly [string, string]>> = {
  unreachable: [
    'cannot be reached: the server behind it does not start or does not answer.',
    'Try again in a minute.'
  ],
  timeout: ['did not answer in time.', 'Ask for less at once, or try again later.'],
  unauthorized: [
    'is not available: the server behind it does not let this server in.',
    'Trying again does not help: tell the person that the operator of this server has to mend its access.'
  ],
  busy: ['has as much to do as it can take.', 'Try again in a few seconds.'],
  ended: [
    'stopped before it answered: the server behind it ended, or closed the connection.',
    'Try again once; if it stops again, go on without it.'
  ],
  malformed: [
    'gave an answer that is too large, or not in the form that the protocol wants.',
    'Ask for less at once.'
  ],
  failed: ['failed in the server behind it, not because of its arguments.', 'Try again later.']
}

/** @param named a tool by its outer name; something else that changes nothing, for example `The prompt x`. */
export function describeFault ({ fault, wasSent }: UpstreamError, named: Named, requestId: string): string {
  const [what, next] = WORDS[fault]
  const advice = (wasSent && checkFirst(named)) || ` ${next}`
  return `${named.name} ${what}${advice} The operator finds the reason in the log as ${requestId}.`
}

/** In words for the operator. */
export const faultLine = ({ upstream, message }: UpstreamError): string => `the upstream ${upstream} failed: ${message}`

/** An error that an upstream answered with; what it says goes out as it is. */
export class RelayedError extends ProtocolError {
  /** The code that the upstream gave. */
  readonly from: number

  constructor (from: number, code: number, message: string, data?: unknown) {
    super(code, message, data)
    this.from = from
  }
}

const MAX_MESSAGE = 500
const MAX_DATA = 4_096
/** JSON-RPC 2.0 §5.1: reserved for the protocol. */
const isReserved = (code: number): boolean => code >= -32_768 && code <= -32_000
/** About the request itself. All others of the protocol would say something about the connection to this server. */
const PASSED: readonly number[] = [ProtocolErrorCode.InvalidParams, ProtocolErrorCode.InternalError]

/**
 * @param name what was asked, for what the upstream says about its own connection.
 * @param secrets of the file, which an upstream may repeat.
 */
export function relayedError ({ code, message, data }: ProtocolError, name: string, secrets: readonly string[]): RelayedError {
  const parts = hiddenParts(secrets)
  const text = clean(hideIn(String(message), parts, '[secret]', 4 * MAX_MESSAGE))
  // MCP 2025-11-25 has a code of its own for a resource that is not there; clients of today know both.
  const own = code === ProtocolErrorCode.ResourceNotFound ? ProtocolErrorCode.InvalidParams : code
  // Programs write whole requests into the data, with their headers.
  if (PASSED.includes(own) || (Number.isSafeInteger(own) && !isReserved(own))) {
    return new RelayedError(code, own, text, isSmall(data) ? hideInside(data, parts) : undefined)
  }
  return new RelayedError(code, ProtocolErrorCode.InternalError, `${name} was refused by the server behind it: ${text}`)
}

/** @returns one line without control characters and marks that change its direction. */
const clean = (message: string): string =>
  message.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim().slice(0, MAX_MESSAGE)

/** Looked through no further than it may be, before it is written. */
const isSmall = (data: unknown): boolean =>
  data !== undefined && survey(data, MAX_DATA).size !== undefined && JSON.stringify(data).length <= MAX_DATA
