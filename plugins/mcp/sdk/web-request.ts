// Converts between this server's requests and responses and the web standard ones of the SDK.
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import type { McpRequest, McpResponse } from '../contract.ts'

/** The SDK wants a URL and reads nothing in it. */
const ANY_URL = 'http://mcp.invalid/'

/** No one reads this answer; it only ends the wait. */
export const disconnected = (signal: AbortSignal): Promise<Response> =>
  new Promise((resolve) => {
    const answer = () => resolve(new Response(null, { status: 499 }))
    if (signal.aborted) answer()
    else signal.addEventListener('abort', answer, { once: true })
  })

/**
 * What the SDK reads of a request: no token, no cookie. Some clients send a narrower Accept header than the SDK insists
 * on.
 * @param mcpRequest without its signal where nothing is to be canceled.
 */
export const toWebRequest = (
  { headers: { 'mcp-session-id': _, ...headers }, signal }: Pick<McpRequest, 'headers'> & Partial<Pick<McpRequest, 'signal'>>
): Request =>
  new Request(ANY_URL, {
    method: 'POST',
    headers: { ...headers, accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
    ...(signal && { signal })
  })

/**
 * A stream of events is passed on as it comes; anything else is one short text. Whether the connection stays open is not for
 * the SDK to say: a client may have asked to close it (RFC 9112 §9.6).
 */
export async function toResponse (response: Response): Promise<McpResponse> {
  const { connection: _, ...headers } = Object.fromEntries(response.headers)
  const isStream = headers['content-type']?.startsWith('text/event-stream') && response.body !== null
  const body = isStream ? Readable.fromWeb(response.body as ReadableStream) : (await response.text()) || undefined
  return { status: response.status, headers, body }
}
