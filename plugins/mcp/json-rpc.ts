// From bytes to JSON-RPC messages: every fault of a body is found here, so that the handlers see only messages
// of the right shape (JSON-RPC 2.0 §4, §5.1; MCP "Base Protocol").
import { RELATED_TASK_META_KEY } from '@modelcontextprotocol/server'
import { isObject } from '../is-object.ts'
import { exceeded } from '../json-size.ts'
import type { Message } from './contract.ts'
import { INVALID_REQUEST, PARSE_ERROR, JsonRpcError } from './json-rpc-error.ts'
import { hasBatches } from './protocol-versions.ts'
import { withoutUnsetMembers } from './unset-members.ts'

const MAX_DEPTH = 64
/** Of a message or a whole batch. Parsing and validating cost up to 8 µs for each, so this keeps them well below 100 ms. */
const MAX_TOKENS = 20_000
/** An id is echoed and stored as a key, so it stays small. */
const MAX_ID_LENGTH = 256
/** Each message of a batch counts as one call, but the rate limit of an address counts the batch once. */
const MAX_BATCH_MESSAGES = 10

const utf8 = new TextDecoder('utf-8', { fatal: true })
const invalid = (message: string, id?: string | number | null) =>
  new JsonRpcError(400, INVALID_REQUEST, `Invalid Request: ${message}`, { id: id ?? null })

/**
 * The text of a body, ready for a JSON parser.
 * @throws JsonRpcError -32700 if it is not UTF-8, -32600 if it is nested too deep or holds too many values.
 */
export function readText (bytes: Buffer): string {
  const tooMuch = exceeded(bytes, { maxDepth: MAX_DEPTH, maxTokens: MAX_TOKENS })
  if (tooMuch === 'depth') throw invalid(`the body is nested deeper than ${MAX_DEPTH} levels`)
  if (tooMuch === 'tokens') throw invalid('the body has too many members; send large data as text, or in several calls')
  try {
    return utf8.decode(bytes)
  } catch {
    throw new JsonRpcError(400, PARSE_ERROR, 'Parse error: the body is not UTF-8')
  }
}

/**
 * The message of a parsed body, or the messages of a batch.
 * @param version the MCP-Protocol-Version header.
 * @throws JsonRpcError -32600, with the request's id where it can be read.
 */
export function readMessages (body: unknown, version: string | undefined): Message | Message[] {
  if (!Array.isArray(body)) return readMessage(body)
  if (!hasBatches(version)) throw invalid('this protocol version has no batches; send one message per request')
  if (body.length === 0 || body.length > MAX_BATCH_MESSAGES) throw invalid(`a batch has 1 to ${MAX_BATCH_MESSAGES} messages`)
  const messages = body.map(readMessage)
  const ids = messages.flatMap((message) => ('id' in message ? [message.id] : []))
  if (new Set(ids).size < ids.length) throw invalid('each message of a batch needs its own id')
  return messages
}

function readMessage (received: unknown): Message {
  const body = withoutUnsetMembers(received)
  const id = (body as { id?: unknown } | null)?.id
  if (id !== undefined && !isId(id)) throw invalid(`an id is an integer or a string of at most ${MAX_ID_LENGTH} characters`)
  // A response answers a question; outside of a session this server asks none.
  if (!isMessage(body)) throw invalid(whatIsWrong(body), id)
  return body
}

function whatIsWrong (body: unknown): string {
  const isParams = isObject(body) && body['jsonrpc'] === '2.0' && typeof body['method'] === 'string'
  if (!isParams || body['params'] === undefined) return 'the body is not a JSON-RPC 2.0 request or notification'
  return isObject(body['params']) ? 'a member of the message, or params._meta, is malformed' : 'params is an object, or left out'
}

export const isId = (id: unknown): id is string | number =>
  typeof id === 'string' ? id.length <= MAX_ID_LENGTH : Number.isSafeInteger(id)

const MEMBERS = new Set(['jsonrpc', 'id', 'method', 'params'])

/**
 * Whether a JSON value is a request or notification; its `id` has been checked. Says the same as the SDK's predicates
 * (test/plugins/mcp/json-rpc.test.ts), which copy every member of `params` to find out.
 */
function isMessage (body: unknown): body is Message {
  if (!isObject(body) || body['jsonrpc'] !== '2.0' || typeof body['method'] !== 'string') return false
  const { params } = body
  return (
    Object.keys(body).every((key) => MEMBERS.has(key)) &&
    (params === undefined || (isObject(params) && (params['_meta'] === undefined || isMeta(params['_meta']))))
  )
}

/** MCP "_meta": a progress token, which each report repeats, is as an id is; and a related task has an id. */
function isMeta (meta: unknown): boolean {
  if (!isObject(meta)) return false
  const { progressToken: token, [RELATED_TASK_META_KEY]: task } = meta
  return (
    (token === undefined || isId(token)) &&
    (task === undefined || (isObject(task) && typeof task['taskId'] === 'string'))
  )
}
