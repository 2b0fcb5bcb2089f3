// What one message of an upstream may hold, and whether it is one: found before the client of the SDK sees it.
// Its bounds are tested in test/plugins/upstreams/processes/messages.test.ts and test/plugins/mcp/relay/questions.test.ts.
import type { RequestId } from '@modelcontextprotocol/client'
import { isObject } from '../is-object.ts'
import { hasMoreValues, type JsonBounds } from '../json-size.ts'

/**
 * The largest lists have some hundred thousand tokens; parsing as many takes a tenth of a second, and about 100 bytes of
 * memory for each.
 */
export const MESSAGE_BOUNDS = { maxDepth: 64, maxTokens: 500_000, maxMembers: 10_000 } as const satisfies JsonBounds

/** Of a message whose every member the SDK checks, at up to 15 µs. */
const MAX_CHECKED_VALUES = 5_000

/** Messages of a batch, which are all handed on in one turn of the event loop, at some 10 µs each. */
const MAX_BATCH = 100

/** Whether a batch is long, or what can only be small in a message or a batch is large: what is said unasked, or at the start. */
export function isExcessive (message: unknown): boolean {
  const messages = Array.isArray(message) ? message : [message]
  if (messages.length > MAX_BATCH) return true
  return hasMoreValues(messages.filter((one) => isChecked(Object(one))), MAX_CHECKED_VALUES)
}

/** The results of all other requests are taken as they are (connections/messages.ts). */
const isChecked = (message: Message): boolean => message.method !== undefined || isFirst(message)

interface Message {
  method?: unknown
  result?: unknown
}

/** Whether an upstream says who it is. */
function isFirst ({ result }: Message): boolean {
  const { protocolVersion, supportedVersions } = Object(result) as Record<string, unknown>
  return protocolVersion !== undefined || supportedVersions !== undefined
}

/** Whether it is a request or a notification, and not meant as an answer. */
export const isAsked = ({ method }: Readonly<Record<string, unknown>>): boolean => typeof method === 'string'

/**
 * Whether what is meant as an answer is none that the client of the SDK knows: it drops such a message, and nobody would be
 * told before their time is up (JSON-RPC 2.0 §5).
 */
export function isNoAnswer (message: unknown): message is { id: RequestId } {
  if (!isObject(message) || isAsked(message) || (message['id'] ?? null) === null) return false
  const { jsonrpc, result, error } = message
  if (jsonrpc !== '2.0' || Object.keys(message).length !== 3) return true
  if (isObject(result)) return result['_meta'] !== undefined && !isObject(result['_meta'])
  return !isObject(error) || !Number.isSafeInteger(error['code']) || typeof error['message'] !== 'string'
}

/** Of what each connection keeps as long as it is open: instructions, capabilities, and a few icons. */
const MAX_FIRST_BYTES = 256 * 1024

/** Whether an upstream says more of itself than each connection can keep. */
export const isTooLong = (message: unknown, bytes: number): boolean =>
  bytes > MAX_FIRST_BYTES && [message].flat().some((one) => isFirst(Object(one)))

/** Of one question: the options of some long lists. The SDK tries every kind of field for each. */
const MAX_QUESTION_VALUES = 1_000
const MAX_FIELDS = 50
/** Characters of all of it, which is kept until the person has answered. */
const MAX_QUESTION = 64 * 1024

/** Whether a question is no larger than a person can answer. Looked at before any schema is asked about it. */
export function isShort (params: Readonly<Record<string, unknown>>): boolean {
  const { properties } = Object(params['requestedSchema']) as { properties?: unknown }
  if (hasMoreValues(params, MAX_QUESTION_VALUES) || Object.keys(Object(properties)).length > MAX_FIELDS) return false
  return JSON.stringify(params).length <= MAX_QUESTION
}
