// Refuses before the SDK sees it: an unknown protocol version, and headers that differ from the message.
import { SUPPORTED_PROTOCOL_VERSIONS, UnsupportedProtocolVersionError } from '@modelcontextprotocol/server'
import type { McpRequest, Message } from '../contract.ts'
import type { ToolRegistry } from '../handlers/tools.ts'
import { findHeaderMismatch, HEADER_MISMATCH } from '../param-headers.ts'

export function paramHeaderMismatch ({ body, headers, rights }: McpRequest, tools: ToolRegistry): Response | undefined {
  const { method, params } = body as Message
  const callable =
    method === 'tools/call' && typeof params?.['name'] === 'string' ? tools.find(params['name'], rights) : undefined
  const mismatch =
    callable && callable.headers.size > 0 ? findHeaderMismatch(callable, params?.['arguments'], { headers }) : undefined
  return mismatch === undefined ? undefined : refusal(body, HEADER_MISMATCH, `Header mismatch: ${mismatch}`)
}

export function unsupportedVersion (requested: string, { body }: McpRequest): Response {
  const { code, message, data } = new UnsupportedProtocolVersionError({
    supported: SUPPORTED_PROTOCOL_VERSIONS,
    requested: requested.slice(0, 64)
  })
  return refusal(body, code, message, data)
}

const refusal = (body: McpRequest['body'], code: number, message: string, data?: unknown): Response =>
  Response.json(
    {
      jsonrpc: '2.0',
      error: { code, message, ...(data !== undefined && { data }) },
      id: 'id' in body ? body.id : null
    },
    { status: 400 }
  )
