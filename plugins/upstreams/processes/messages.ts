// From a line that a process wrote to the JSON-RPC messages in it (MCP "Transports", stdio): bounded before it is parsed.
import { INTERNAL_ERROR, type JSONRPCMessage, type RequestId } from '@modelcontextprotocol/client'
import { exceeded } from '../../json-size.ts'
import type { UpstreamError } from '../contract.ts'
import { isExcessive, isTooLong, MESSAGE_BOUNDS } from '../message-bounds.ts'

export type LineContent =
  | { kind: 'messages'; messages: JSONRPCMessage[] }
  /** No JSON, or not JSON-RPC: a banner, or what a program prints. */
  | { kind: 'stray' }
  | { kind: 'excessive'; why: string }

export function readLine (line: Buffer): LineContent {
  const tooMuch = exceeded(line, MESSAGE_BOUNDS)
  if (tooMuch === 'depth') return { kind: 'excessive', why: `nested deeper than ${MESSAGE_BOUNDS.maxDepth} levels` }
  if (tooMuch === 'tokens') return { kind: 'excessive', why: `of more than ${MESSAGE_BOUNDS.maxTokens / 2} members, or has an object with more than ${MESSAGE_BOUNDS.maxMembers}` }
  let value: unknown
  try {
    value = JSON.parse(line.toString())
  } catch {
    return { kind: 'stray' }
  }
  // MCP 2025-03-26 has batches.
  const messages: unknown[] = Array.isArray(value) ? value : [value]
  if (messages.length === 0 || !messages.every(isMessage)) return { kind: 'stray' }
  if (isTooLong(value, line.length)) return { kind: 'excessive', why: 'longer than a first answer is' }
  if (isExcessive(value)) return { kind: 'excessive', why: 'of more members than such a message has' }
  return { kind: 'messages', messages }
}

/** What is in a message is checked by the client of the SDK. */
const isMessage = (value: unknown): value is JSONRPCMessage =>
  typeof value === 'object' && value !== null && (value as { jsonrpc?: unknown }).jsonrpc === '2.0'

/** As JSON has them: what JSON does not know, such as `007`, is no id. */
const ID = '"id"\\s*:\\s*(0|[1-9]\\d{0,14}|"[^"\\\\\\p{Cc}]{1,100}")\\s*'
const VERSION = '"jsonrpc"\\s*:\\s*"2\\.0"\\s*'
/** Servers write the id first, or last. At both places a text of the answer cannot pretend to be one. */
const AT_HEAD = new RegExp(`^\\{\\s*(?:${VERSION},\\s*)?${ID},`, 'u')
const AT_TAIL = new RegExp(`(?<!\\\\)${ID}(?:,\\s*${VERSION})?\\}\\s*$`, 'u')

/**
 * Whose answer a line is that is too large to be parsed.
 * @param head at least its first 512 bytes; `tail` its last.
 */
export function findId (head: Buffer, tail: Buffer): string | number | undefined {
  const id = (AT_HEAD.exec(head.toString('latin1')) ?? AT_TAIL.exec(tail.toString('latin1')))?.[1]
  return id === undefined ? undefined : (JSON.parse(id) as string | number)
}

/** What is handed on in place of an answer that is of no use. */
export const refusal = (id: RequestId, error: UpstreamError): JSONRPCMessage =>
  ({ jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message: error.message, data: error } })
