// From a line that a process wrote to the JSON-RPC messages in it (MCP "Transports", stdio): bounded before it is parsed.
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import { exceeded } from '../../json-size.ts'
import { MESSAGE_BOUNDS } from '../message-bounds.ts'

export type LineContent =
  | { kind: 'messages'; messages: JSONRPCMessage[] }
  /** No JSON, or not JSON-RPC: a banner, or what a program prints. */
  | { kind: 'stray' }
  | { kind: 'excessive'; why: string }

export function readLine (line: Buffer): LineContent {
  switch (exceeded(line, MESSAGE_BOUNDS)) {
    case 'depth': return { kind: 'excessive', why: `it is nested deeper than ${MESSAGE_BOUNDS.maxDepth} levels` }
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
