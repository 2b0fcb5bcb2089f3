// Pages of resources: an odd entry never costs the others.
import t from 'tap'
import { readListed } from '../../../../plugins/mcp/relay/results.ts'

t.test('what is no resource is left out, and so is a cursor that is no text', async (t) => {
  const good = { uri: 'a://b', name: 'b' }
  const read = readListed({ resources: [good, { uri: 5 }, null], nextCursor: 5 })
  t.strictSame(read, { listed: [good], next: undefined })
  t.strictSame(readListed({ resources: 'x' }), { listed: [], next: undefined })
})
