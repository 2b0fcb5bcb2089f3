// What one message of an upstream may hold, found before it is parsed.
// Tested in test/plugins/upstreams/processes/messages.test.ts.
import type { JsonBounds } from '../json-size.ts'

/**
 * The largest lists have some hundred thousand tokens; parsing as many takes a tenth of a second, and about 100 bytes of
 * memory for each.
 */
export const MESSAGE_BOUNDS: JsonBounds = { maxDepth: 64, maxTokens: 500_000 }
