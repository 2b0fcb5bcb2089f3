// Which grants of a person are listed, and which are ended.
import type { Grant } from '../../../../plugins/oauth/grants/contract.ts'
import {
  createGrantsByUser,
  type GrantList
} from '../../../../plugins/oauth/grants/by-user.ts'
import { allowed, eachStoredGrants, LIFE } from '../../../helpers/stored-grants.ts'

eachStoredGrants(async (t, stored) => {
  const { storage, grants, issue } = stored

  t.test("of a person's grants those that are meant are ended, and no others", async (t) => {
    const { grant } = await issue()
    await grants.revokeAllOf('u', ({ backend }) => backend === 'another')
    t.match(await storage.collection<Grant>('grant').find(grant.id), { id: grant.id })
    await grants.revokeAllOf('u', ({ backend }) => backend === 'local')
    t.equal(await storage.collection<Grant>('grant').find(grant.id), undefined)
  })

  t.test('a code that was never redeemed is no connected app', async (t) => {
    const { grant } = await issue()
    await grants.issueCode(allowed)
    const listed = await grants.listByUser('u')
    t.ok(listed.some(({ id }) => id === grant.id))
    t.ok(listed.every(({ code }) => code?.used))
  })

  t.test('a longer grant is found by its person after a later, shorter one has ended', async (t) => {
    const { grant } = await issue()
    await grants.issueCode({ ...allowed, accountEndsAt: stored.now + 10 })
    stored.now += 100
    t.ok((await grants.listByUser('u')).some(({ id }) => id === grant.id))
    await grants.revokeAllOf('u')
    t.equal(await storage.collection<Grant>('grant').find(grant.id), undefined, 'and can be ended')
  })

  t.test('a grant that has ended leaves the list when another is given', async (t) => {
    const lists = storage.collection<GrantList>('grantList')
    const ids = async () => Object.keys((await lists.find('u'))!.endsAt)
    await grants.revokeAllOf('u')
    await grants.issueCode({ ...allowed, accountEndsAt: stored.now + 10 })
    const [ended] = await ids()
    stored.now += 9
    await grants.issueCode(allowed)
    t.ok((await ids()).includes(ended!))
    stored.now += 1
    await grants.issueCode(allowed)
    t.notOk((await ids()).includes(ended!))
    await grants.revokeAllOf('u')
  })

  t.test('a grant that is being written while its person looks stays listed (WB-40)', async (t) => {
    const records = storage.collection<Grant>('grant')
    const lists = storage.collection<GrantList>('grantList')
    const byUser = createGrantsByUser(lists, records, () => stored.now)
    const { grant: { id: _, ...other } } = await issue()
    await grants.revokeAllOf('u')
    const grant = { ...other, id: 'new' }
    await byUser.add(grant)
    t.same(await byUser.live('u'), [])
    await records.put(grant.id, grant, 60)
    t.match(await byUser.live('u'), [{ id: 'new' }])
    await grants.revokeAllOf('u')
    t.equal(await records.find('new'), undefined, 'and is ended with the others')
    await byUser.add(grant)
    stored.now += 61
    await byUser.live('u')
    t.equal(await lists.find('u'), undefined, 'nothing is left of one that was not')
  })

  t.test('a clock that leaps takes no grant from the list: it can be ended afterwards (SG-12)', async (t) => {
    const { grant } = await issue()
    const leap = 20 * LIFE.grantTtl
    stored.now += leap
    await grants.listByUser('u')
    await grants.issueCode(allowed)
    stored.now -= leap
    const ids = (await grants.listByUser('u')).map(({ id }) => id)
    t.same(ids, [grant.id])
    await grants.revokeAllOf('u')
    const left = await storage.collection<Grant>('grant').find(grant.id)
    t.equal(left, undefined)
    t.equal(await storage.collection('grantList').find('u'), undefined)
  })
})
