// What sets the protocol versions apart.
import t from 'tap'
import { hasBatches, knowsEmptyEvents, MODERN_VERSION, protocolVersions } from '../../../plugins/mcp/protocol-versions.ts'

t.test('the newest version comes first; one has batches, and the later ones empty events', async (t) => {
  t.equal(protocolVersions[0], MODERN_VERSION)
  t.strictSame(protocolVersions.filter(hasBatches), ['2025-03-26'])
  t.notOk(hasBatches(undefined))
  t.strictSame(protocolVersions.filter(knowsEmptyEvents), [MODERN_VERSION, '2025-11-25'])
})
