// From bytes to JSON-RPC messages: everything that is wrong with a body is found here, so that the lanes see only
// messages of the right shape (JSON-RPC 2.0 §4, §5.1; MCP "Base Protocol").
import { isJSONRPCNotification, isJSONRPCRequest } from '@modelcontextprotocol/server'
import type { Message } from './contract.ts'
import { INVALID_REQUEST, PARSE_ERROR, JsonRpcError } from './json-rpc-error.ts'

/** Levels of arrays and objects; more would only exhaust a recursive validator. */
const DEPTH_LIMIT = 64
/** Characters. An id is echoed and kept as a key, so it stays small. */
const ID_LIMIT = 256
/** Each message of a batch is a call of its own, and a request limit counts the batch once. */
const BATCH_LIMIT = 10
/**
 * The only version that has batches (they left in 2025-06-18). A client has to name it: it cannot be told from later
 * ones otherwise.
 */
const BATCH_VERSION = '2025-03-26'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const invalid = (message: string, id?: string | number | null) =>
  new JsonRpcError(400, INVALID_REQUEST, `Invalid Request: ${message}`, { id: id ?? null })

/**
 * The text of a body, ready for a JSON parser.
 * @throws RpcRefusal -32700 if it is not UTF-8, -32600 if it is nested too deep.
 */
export function readText (bytes: Buffer): string {
  if (depthOf(bytes) > DEPTH_LIMIT) throw invalid(`the body is nested deeper than ${DEPTH_LIMIT} levels`)
  try {
    return utf8.decode(bytes)
  } catch {
    throw new JsonRpcError(400, PARSE_ERROR, 'Parse error: the body is not UTF-8')
  }
}

/**
 * Counts brackets outside strings, without recursion. Bytes do: no byte of a longer UTF-8 sequence looks like one of
 * these.
 */
function depthOf (bytes: Buffer): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (quoted) {
      if (byte === 0x5c) { i++ } // \ and what it escapes
      else if (byte === 0x22) quoted = false
    } else if (byte === 0x22) quoted = true
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth)
    else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return deepest
}

/**
 * The message of a parsed body, or the messages of a batch.
 * @param version the MCP-Protocol-Version header.
 * @throws RpcRefusal -32600, with the request's id where it can be read.
 */
export function readMessages (body: unknown, version: string | undefined): Message | Message[] {
  if (!Array.isArray(body)) return readMessage(body)
  if (version !== BATCH_VERSION) { throw invalid('batches are not part of this protocol version; send one message per request') }
  if (body.length === 0 || body.length > BATCH_LIMIT) throw invalid(`a batch holds 1 to ${BATCH_LIMIT} messages`)
  const messages = body.map(readMessage)
  const ids = messages.flatMap((message) => ('id' in message ? [message.id] : []))
  if (new Set(ids).size < ids.length) throw invalid('the messages of a batch have different ids')
  return messages
}

function readMessage (body: unknown): Message {
  const id = (body as { id?: unknown } | null)?.id
  if (id !== undefined && !isId(id)) throw invalid(`an id is an integer or a string of at most ${ID_LIMIT} characters`)
  if (isJSONRPCRequest(body) || isJSONRPCNotification(body)) return body
  // A response answers a question, and this server asks none.
  throw invalid('the body is not a JSON-RPC 2.0 request or notification', id)
}

export const isId = (id: unknown): id is string | number =>
  typeof id === 'string' ? id.length <= ID_LIMIT : Number.isSafeInteger(id)
