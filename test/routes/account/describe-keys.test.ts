// What a page and the download say of a key: never its hash, and when it was used only once it was.
import t from 'tap'
import { english } from '../../../languages/index.ts'
import type { AccessKey } from '../../../plugins/access-keys/contract.ts'
import { describeKey, describeNewKey, listKey } from '../../../routes/account/describe-keys.ts'

const key: AccessKey = {
  id: 'k',
  hash: 'h',
  userId: 'u',
  name: 'CI',
  scopes: ['mcp:read'],
  createdAt: 1_800_000_000,
  endsAt: 1_800_086_400
}
const used = { ...key, lastUse: { at: 1_800_000_060, address: '192.0.2.1' } }

t.test('a key that was not used has no last use', async (t) => {
  t.strictSame(describeKey(english, key), {
    id: 'k',
    name: 'CI',
    scopes: ['Search and read documents and your notes, and use read-only tools'],
    created: { iso: '2027-01-15', text: 'Jan 15, 2027' },
    ends: { iso: '2027-01-16', text: 'Jan 16, 2027' }
  })
  t.match(
    describeKey(english, used),
    { lastUsed: { iso: '2027-01-15T08:01:00.000Z' }, address: '192.0.2.1' }
  )
  t.match(describeNewKey(english, key), { ends: english.minute(key.endsAt) })
})

t.test('the download has all of it but the hash (AK-02)', async (t) => {
  t.strictSame(listKey(used), {
    id: 'k',
    name: 'CI',
    scopes: ['mcp:read'],
    created: '2027-01-15T08:00:00.000Z',
    ends: '2027-01-16T08:00:00.000Z',
    lastUsed: '2027-01-15T08:01:00.000Z',
    address: '192.0.2.1'
  })
})
