// Owners: whatever they do to each other, one is left; the operator is bound by none of it.
import type { Test } from 'tap'
import { OPERATOR } from '../../../plugins/administration/contract.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import { person } from '../../helpers/person.ts'
import { storageTest, type Start } from '../../helpers/storages.ts'

const NAMED = 'named@example.com'

async function place (_t: Test, start: Start, env: Record<string, string> = {}) {
  const server = await start({ env: { AUTH_BACKEND: 'local', ...env } })
  const { administration, signIn } = server.app
  const make = async (name: string) => (await person(server, name)).id
  const owner = async (name: string) => {
    const id = await make(name)
    await administration.makeOwner(OPERATOR, id)
    return id
  }
  const find = async (id: string) => (await signIn.lifecycle.find(id))!
  const owners = async () => (await Array.fromAsync(signIn.lifecycle.all())).filter(administration.isOwner).map(({ email }) => email).sort()
  const events = async (id: string) => (await server.app.audit.ofUser(id, 20)).map(({ event, by }) => ({ event, by }))
  return { ...server, administration, make, owner, find, owners, events }
}

storageTest('owners make and unmake others, and each change says who did it (AD-03)', async (t, start) => {
  const { administration, make, owner, owners, events } = await place(t, start)
  const ann = await owner('ann@example.com')
  const bob = await make('bob@example.com')
  await administration.makeOwner({ by: ann }, bob)
  t.same(await owners(), ['ann@example.com', 'bob@example.com'])
  await administration.unmakeOwner({ by: bob }, ann)
  t.same(await owners(), ['bob@example.com'])
  t.same(await events(ann), [{ event: 'owner_removed', by: bob }, { event: 'owner_added', by: 'operator' }])
  t.same(await events(bob), [{ event: 'owner_added', by: ann }])
})

storageTest('the last owner cannot step back, lock or delete themselves; the operator can do it for them (AD-03)', async (t, start) => {
  const { administration, owner, owners, find, events } = await place(t, start)
  const ann = await owner('ann@example.com')
  const gone = await owner('bob@example.com')
  await administration.lock(OPERATOR, gone)
  const before = await find(ann)
  const self = { by: ann }
  await t.rejects(
    administration.unmakeOwner(self, ann),
    { code: 'access_denied', statusCode: 403, message: /last owner/ },
    'a locked one does not count'
  )
  for (const act of [administration.lock, administration.delete]) {
    await t.rejects(act(self, ann), { code: 'access_denied', message: /yourself/ })
  }
  t.same(await find(ann), before)
  t.equal((await events(ann)).length, 1, 'nothing was done, and nothing recorded')
  await administration.unmakeOwner(OPERATOR, ann)
  await administration.delete(OPERATOR, gone)
  t.same(await owners(), [])
})

storageTest('an owner of OWNER_EMAIL is unmade by the variable alone (AD-03)', async (t, start) => {
  const { administration, make, owner, owners } = await place(t, start, { OWNER_EMAIL: NAMED })
  const ann = await owner('ann@example.com')
  const named = await make(NAMED)
  for (const actor of [{ by: ann }, OPERATOR]) {
    await t.rejects(administration.unmakeOwner(actor, named), { code: 'access_denied', message: /OWNER_EMAIL/ })
  }
  await administration.unmakeOwner({ by: ann }, ann)
  t.same(await owners(), [NAMED], 'somebody else is left')
  t.equal(
    administration.isNamedOwner({ email: NAMED } as User), false,
    'an address that nobody has shown to read'
  )
})

storageTest('of two owners who lock each other at once, one stays (AD-03)', async (t, start) => {
  const { administration, owner, find } = await place(t, start)
  for (let round = 0; round < 3; round++) {
    const [ann, bob] = [await owner(`ann${round}@example.com`), await owner(`bob${round}@example.com`)]
    const done = await Promise.allSettled([administration.lock({ by: ann }, bob), administration.lock({ by: bob }, ann)])
    t.equal(done.filter(({ status }) => status === 'fulfilled').length, 1)
    t.equal([await find(ann), await find(bob)].filter(({ locked }) => locked).length, 1)
  }
})

storageTest('who is an owner by OWNER_EMAIL is protected as one that was made (AD-03)', async (t, start) => {
  const { administration, app, make, owner, find } = await place(t, start, { OWNER_EMAIL: NAMED })
  const [ann, named] = [await owner('ann@example.com'), await make(NAMED)]
  const read = (user: User | undefined) => ({ ...user!, emailVerified: true })
  await app.userStore.records.update(
    named,
    (user) => ({ write: { record: read(user), ttl: null }, result: undefined })
  )
  t.ok(administration.isNamedOwner(await find(named)))
  await administration.unmakeOwner(OPERATOR, ann)
  for (const act of [administration.lock, administration.delete]) await t.rejects(act({ by: ann }, named), { code: 'access_denied' })
  t.notOk((await find(named)).locked)
})

storageTest('who was an owner a moment ago takes away nobody and makes no owner; a temporary or locked account becomes none (AD-03)', async (t, start) => {
  const { administration, app, make, owner, find } = await place(t, start)
  const [ann, bob] = [await owner('ann@example.com'), await owner('bob@example.com')]
  await administration.unmakeOwner(OPERATOR, ann)
  await t.rejects(administration.delete({ by: ann }, bob), { code: 'access_denied' })
  t.ok(await find(bob))
  const eve = await make('eve@example.com')
  await t.rejects(administration.makeOwner({ by: ann }, eve), { code: 'access_denied' })
  await administration.lock(OPERATOR, eve)
  await t.rejects(administration.makeOwner({ by: bob }, eve), { code: 'invalid_request', message: /locked/ })
  const temporary = (user: User | undefined) => ({ ...user!, endsAt: app.now() + 60 })
  await app.userStore.records.update(
    ann,
    (user) => ({ write: { record: temporary(user), ttl: null }, result: undefined })
  )
  await t.rejects(administration.makeOwner({ by: bob }, ann), { code: 'invalid_request', message: /temporary/ })
  await t.rejects(administration.makeOwner({ by: bob }, 'nobody'), { code: 'invalid_request' })
  t.same([(await find(eve)).isOwner, (await find(ann)).isOwner], [undefined, undefined])
  const cid = await owner('cid@example.com')
  await administration.lock(OPERATOR, cid)
  await t.rejects(
    administration.lock({ by: cid }, bob),
    { code: 'access_denied' },
    'nor does who was locked a moment ago'
  )
  t.notOk((await find(bob)).locked)
})

storageTest('who is an owner already, or is none, is left as they are, and nothing is recorded', async (t, start) => {
  const { administration, make, owner, find, events } = await place(t, start)
  const [ann, bob] = [await owner('ann@example.com'), await make('bob@example.com')]
  const before = [await find(ann), await find(bob)]
  const unchanged = [
    await administration.makeOwner({ by: ann }, ann),
    await administration.unmakeOwner({ by: ann }, bob)
  ]
  t.same(unchanged, before)
  t.same([await find(ann), await find(bob)], before)
  t.equal((await events(ann)).length, 1)
  t.same(await events(bob), [])
})
