// Names of upstreams' tools as clients see them.
import t from 'tap'
import { fitName, isInherited } from '../../../../plugins/upstreams/catalogue/names.ts'

const FITS = /^[A-Za-z0-9_-]{1,64}$/

t.test('what fits stays, and what does not is replaced', async (t) => {
  t.equal(fitName('crm_find-2'), 'crm_find-2')
  t.equal(fitName('crm_get.user/by id'), 'crm_get_user_by_id')
})

t.test('long names and names in other scripts stay apart, and are the same each time', async (t) => {
  const long = 'x'.repeat(70)
  for (const [one, other] of [
    [`${long}a`, `${long}b`],
    ['読む', '書く'],
    ['a😀', 'a😁']
  ] as const) {
    t.match(fitName(one), FITS)
    t.equal(fitName(one), fitName(one))
    t.not(fitName(one), fitName(other))
  }
  t.equal(fitName(long).length, 64)
})

t.test('names that every object has are known', async (t) => {
  for (const name of ['__proto__', 'constructor', 'toString']) t.ok(isInherited(name))
  t.notOk(isInherited('crm_constructor'))
})
