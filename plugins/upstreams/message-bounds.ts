// What one message of an upstream may hold, found before it is parsed.
// Tested in test/plugins/upstreams/processes/messages.test.ts and test/plugins/mcp/relay/questions.test.ts.
import { hasMoreValues, type JsonBounds } from '../json-size.ts'

/**
 * The largest lists have some hundred thousand tokens; parsing as many takes a tenth of a second, and about 100 bytes of
 * memory for each.
 */
export const MESSAGE_BOUNDS: JsonBounds = { maxDepth: 64, maxTokens: 500_000 }

/** Of a message whose every member the SDK checks, at up to 15 µs. */
const MAX_CHECKED_VALUES = 5_000

/** Whether a message, or one of a batch, is large that can only be small: what is said unasked, or at the start. */
export const isExcessive = (message: unknown): boolean =>
  [message].flat().some((one) => isChecked(Object(one)) && hasMoreValues(one, MAX_CHECKED_VALUES))

/** The results of all other requests are taken as they are (connections/messages.ts). */
function isChecked (message: { method?: unknown; result?: unknown }): boolean {
  const { protocolVersion, supportedVersions } = Object(message.result) as Record<string, unknown>
  return message.method !== undefined || protocolVersion !== undefined || supportedVersions !== undefined
}

/** Of one question: the options of some long lists. The SDK tries every kind of field for each. */
const MAX_QUESTION_VALUES = 1_000
const MAX_FIELDS = 50

/** Whether a question is no larger than a person can answer. Looked at before any schema is asked about it. */
export function isShort (params: Readonly<Record<string, unknown>>): boolean {
  const { properties } = Object(params['requestedSchema']) as { properties?: unknown }
  return !hasMoreValues(params, MAX_QUESTION_VALUES) && Object.keys(Object(properties)).length <= MAX_FIELDS
}
