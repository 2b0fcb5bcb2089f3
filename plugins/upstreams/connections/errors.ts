// What the official client and the transports throw, as an error of an upstream.
// Tested in test/plugins/upstreams/connections/connect.test.ts.
import { ProtocolError, SdkError, SdkErrorCode } from '@modelcontextprotocol/client'
import { UpstreamError } from '../contract.ts'

/**
 * @param said what the transport reported last: the client knows only that the connection is gone.
 * @returns a ProtocolError for what the upstream answered.
 */
export function toError (upstream: string, error: unknown, said?: Error): UpstreamError | ProtocolError {
  if (error instanceof UpstreamError || error instanceof ProtocolError) return error
  const { message } = error as Error
  if (error instanceof SdkError) {
    if (error.code === SdkErrorCode.RequestTimeout) return new UpstreamError(upstream, 'timeout', message, { cause: error })
    if (error.code === SdkErrorCode.ConnectionClosed || error.code === SdkErrorCode.NotConnected) {
      return said instanceof UpstreamError ? said : new UpstreamError(upstream, 'ended', 'the connection ended', { cause: error })
    }
    if (error.code === SdkErrorCode.InvalidResult) return new UpstreamError(upstream, 'malformed', message, { cause: error })
  }
  return new UpstreamError(upstream, 'failed', message, { cause: error })
}
