// The bounds of what one stream or session subscribes to.
import t from 'tap'
import { findUriFault } from '../../../../plugins/mcp/streams/subscribed-uris.ts'

t.test('number and bytes of subscribed resources are bounded', async (t) => {
  t.equal(findUriFault(Array.from({ length: 200 }, (_, index) => `note:${index}`)), undefined)
  t.match(findUriFault(Array.from({ length: 201 }, (_, index) => `note:${index}`)), /at most 200 resources/)
  t.match(findUriFault(['ä'.repeat(1_025)]), /at most 2048 bytes/)
  t.match(findUriFault(Array.from({ length: 9 }, () => 'x'.repeat(2_000))), /16384 bytes together/)
})
