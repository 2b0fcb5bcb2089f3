// From a line that a process wrote to the JSON-RPC messages in it (MCP "Transports", stdio): bounded before it is parsed.
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { exceeded } from '../../json-size.ts'

export const MAX_DEPTH = 64
/**
 * Of one message. The largest lists have some hundred thousand; parsing as many takes a tenth of a second, and about
 * 100 bytes of memory for each.
 */
export const MAX_TOKENS = 500_000

export type LineContent =
  | { kind: 'messages'; messages: JSONRPCMessage[] }
  /** No JSON, or not JSON-RPC: a banner, or what a program prints. */
  | { kind: 'stray' }
  | { kind: 'excessive'; why: string }

export function readLine (line: Buffer): LineContent {
  switch (exceeded(line, { maxDepth: MAX_DEPTH, maxTokens: MAX_TOKENS })) {
    case 'depth': return { kind: 'excessive', why: `it is nested deeper than ${MAX_DEPTH} levels` }
    case 'tokens': return { kind: 'excessive', why: 'it has too many members' }
  }
  let value: unknown
  try {
    value = JSON.parse(line.toString())
  } catch {
    return { kind: 'stray' }
  }
  // MCP 2025-03-26 has batches.
  const messages: unknown[] = Array.isArray(value) ? value : [value]
  return messages.length > 0 && messages.every(isMessage) ? { kind: 'messages', messages } : { kind: 'stray' }
}

/** What is in a message is checked by the client of the SDK. */
const isMessage = (value: unknown): value is JSONRPCMessage =>
  typeof value === 'object' && value !== null && (value as { jsonrpc?: unknown }).jsonrpc === '2.0'
