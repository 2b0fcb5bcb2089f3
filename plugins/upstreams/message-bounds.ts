// What one message of an upstream may hold, found before it is parsed.
// Tested in test/plugins/upstreams/processes/messages.test.ts and test/plugins/mcp/relay/questions.test.ts.
import { hasMoreValues, type JsonBounds } from '../json-size.ts'

/**
 * The largest lists have some hundred thousand tokens; parsing as many takes a tenth of a second, and about 100 bytes of
 * memory for each.
 */
export const MESSAGE_BOUNDS: JsonBounds = { maxDepth: 64, maxTokens: 500_000 }

/** Of one question: the options of some long lists. The SDK tries every kind of field for each. */
const MAX_QUESTION_VALUES = 1_000
const MAX_FIELDS = 50

/** Whether a question is no larger than a person can answer. Looked at before any schema is asked about it. */
export function isShort (params: Readonly<Record<string, unknown>>): boolean {
  const { properties } = Object(params['requestedSchema']) as { properties?: unknown }
  return !hasMoreValues(params, MAX_QUESTION_VALUES) && Object.keys(Object(properties)).length <= MAX_FIELDS
}
