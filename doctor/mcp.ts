// The part of an MCP client that the doctor needs: the handshake of the older protocol, which every server supports, and
// calls.
// Tested in test/doctor/tools.test.ts and test/doctor/examine.test.ts.
import { request, objectOf, type Answer } from './http.ts'

const LEGACY = '2025-11-25'
const MODERN = '2026-07-28'
const CLIENT = { name: 'mcp-doctor', version: '1' }

export const MCP_HEADERS = { accept: 'application/json, text/event-stream' }
export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT }
}

export interface McpCaller {
  /** The result of `initialize`. */
  server: Record<string, unknown>
  /** @returns the result. @throws McpError where it is an error. */
  call(method: string, params?: Record<string, unknown>): Promise<Record<string, unknown>>
}

/** The server answered with an error, or with something that is not a result. */
export class McpError extends Error {
  override readonly name = 'McpError'
}

/** @throws McpError, NoAnswer */
export async function openMcp (url: URL, token: string | undefined): Promise<McpCaller> {
  const headers: Record<string, string> = {
    ...MCP_HEADERS,
    ...(token !== undefined && { authorization: `Bearer ${token}` })
  }
  const hello = await request(url, { headers, json: INITIALIZE })
  const server = resultOf(hello)
  headers['mcp-protocol-version'] = String(server['protocolVersion'] ?? LEGACY)
  const session = hello.header('mcp-session-id')
  if (session) headers['mcp-session-id'] = session
  await request(url, { headers, json: { jsonrpc: '2.0', method: 'notifications/initialized' } })
  let id = 1
  return {
    server,
    async call (method, params = {}) {
      id++
      return resultOf(await request(url, { headers, json: { jsonrpc: '2.0', id, method, params } }))
    }
  }
}

/** Whether the server supports the protocol of 2026-07-28. */
export async function supportsModern (url: URL, token: string | undefined): Promise<boolean> {
  const method = 'server/discover'
  const answer = await request(url, {
    headers: {
      ...MCP_HEADERS,
      'mcp-protocol-version': MODERN,
      'mcp-method': method,
      ...(token !== undefined && { authorization: `Bearer ${token}` })
    },
    json: {
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        _meta: {
          'io.modelcontextprotocol/protocolVersion': MODERN,
          'io.modelcontextprotocol/clientCapabilities': {},
          'io.modelcontextprotocol/clientInfo': CLIENT
        }
      }
    }
  })
  return answer.status === 200 && messageOf(answer)?.['result'] !== undefined
}

function resultOf (answer: Answer): Record<string, unknown> {
  const message = messageOf(answer)
  const error = message?.['error'] as { message?: unknown } | undefined
  if (error) throw new McpError(String(error.message))
  const result = message?.['result']
  if (answer.status !== 200 || typeof result !== 'object' || result === null) {
    throw new McpError(`the answer is ${answer.status}, and no result`)
  }
  return result as Record<string, unknown>
}

/** The JSON-RPC answer, sent as JSON or as the last such event of a stream. */
function messageOf ({ header, json, text }: Answer): Record<string, unknown> | undefined {
  if (!header('content-type').startsWith('text/event-stream')) return json
  return text
    .split(/\r?\n\r?\n/)
    .map((event) =>
      objectOf(
        event
          .split(/\r?\n/)
          .filter((line) => line.startsWith('data:'))
          .map((line) => line.slice(5))
          .join('\n')
      )
    )
    .findLast((message) => message !== undefined && 'id' in message && !('method' in message))
}
