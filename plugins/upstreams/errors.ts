// Whatever a transport or the official client throws, as an UpstreamError; what an upstream itself answered stays as it is.
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError, SseError } from '@modelcontextprotocol/client'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import { UpstreamError, type UpstreamFault } from './contract.ts'
import { withoutSecrets } from './without-secrets.ts'

const MAX_CAUSES = 5
const FAULTS: Readonly<Partial<Record<string, UpstreamFault>>> = {
  [SdkErrorCode.RequestTimeout]: 'timeout',
  [SdkErrorCode.ConnectionClosed]: 'ended',
  [SdkErrorCode.NotConnected]: 'ended',
  [SdkErrorCode.InvalidResult]: 'malformed',
  [SdkErrorCode.UnsupportedResultType]: 'malformed',
  [SdkErrorCode.ListPaginationExceeded]: 'malformed',
  [SdkErrorCode.ClientHttpUnexpectedContent]: 'malformed',
  [SdkErrorCode.ClientHttpAuthentication]: 'unauthorized',
  [SdkErrorCode.ClientHttpForbidden]: 'unauthorized'
}
/** Thrown before anything was sent. */
const NOT_SENT: readonly string[] = [SdkErrorCode.NotConnected, SdkErrorCode.CapabilityNotSupported,
  SdkErrorCode.MethodNotSupportedByProtocolVersion]

/**
 * A ProtocolError is what the upstream answered as a JSON-RPC error.
 * @param hasSession whether the upstream has given the connection a session, which it may forget.
 */
export function toUpstreamError (
  error: unknown,
  { name, secrets }: Pick<UpstreamSettings, 'name' | 'secrets'>,
  hasSession = false
): UpstreamError | ProtocolError {
  const known = findKnown(error)
  if (known) return known
  const make = (fault: UpstreamFault, message: string, wasSent = true) =>
    new UpstreamError(name, fault, withoutSecrets(message, secrets), { wasSent })
  if (error instanceof SdkHttpError) {
    const { status, text } = error.data
    // Many servers answer so instead of 404, as an example of the SDK did (MCP "Session Management").
    const isForgotten = hasSession && status === 400 && /\bsession\b/i.test(String(text))
    if (isForgotten) return make('ended', 'it does not know the session any more', false)
    const isRefused = status !== undefined && status >= 400 && status < 500
    return make('failed', `answered ${status}${typeof text === 'string' && text !== '' ? `: ${text}` : ''}`, !isRefused)
  }
  if (error instanceof SseError) return make('failed', `did not open a stream: ${error.message}`, false)
  if (error instanceof SdkError) return make(FAULTS[error.code] ?? 'failed', error.message, !NOT_SENT.includes(error.code))
  const message = error instanceof Error ? error.message : String(error)
  const isMalformed = error instanceof SyntaxError || (error instanceof Error && error.name === 'ZodError')
  return make(isMalformed ? 'malformed' : 'failed', isMalformed ? 'its answer is not MCP' : message)
}

/** An error of ours travels as the cause of the SDK's, or in an answer that a transport made up for it. */
function findKnown (error: unknown): UpstreamError | ProtocolError | undefined {
  let current = error
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth++) {
    if (current instanceof UpstreamError) return current
    if (current instanceof ProtocolError) return current.data instanceof UpstreamError ? current.data : current
    current = current.cause
  }
  return undefined
}
