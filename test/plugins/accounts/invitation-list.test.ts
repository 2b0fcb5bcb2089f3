// The invitations that there are, and whose links count: those
// of people who are still owners (threat AD-06).
import t, { type Test } from 'tap'
import { createInvitations } from '../../../plugins/accounts/invitations.ts'
import { createSettledTime } from '../../../plugins/storage/monotonic-time.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../helpers/tool-context.ts'

const DAY = 86_400

async function open (t: Test) {
  const clock = { now: 1_800_000_000 }
  const now = () => clock.now
  const storage = openSqliteStorage(await folder(t), now)
  t.teardown(() => storage.close())
  const gone = new Set<string>()
  const asked: string[] = []
  const stillGives = async (by: string) => {
    asked.push(by)
    return !gone.has(by)
  }
  const invitations = createInvitations(storage, now, stillGives, createSettledTime(now, now))
  const make = async (by?: string) => {
    const secret = await invitations.invite(by === undefined ? {} : { by })
    return { id: secret.split('.')[0]!, secret }
  }
  return { clock, gone, asked, invitations, make }
}

t.test('one that is sent again has a new link for a week, and stands in the name of who sent it', async (t) => {
  const { clock, invitations, make } = await open(t)
  const { id, secret } = await make('ann')
  clock.now += 36 * DAY
  const next = await invitations.renew(id, 'bob')
  t.equal(await invitations.isValid(secret), false)
  t.equal(await invitations.isValid(next), true, 'also long after it expired')
  t.match(await invitations.list(), [{ id, by: 'bob' }])
  clock.now += 7 * DAY - 1
  t.match(await invitations.find(next), { by: 'bob' })
  clock.now += 1
  t.equal(await invitations.find(next), undefined)
  clock.now += 30 * DAY - 1
  t.match(await invitations.list(), [{ id }], 'shown for a month')
  clock.now += 1
  t.same(await invitations.list(), [])
})

t.test('one that was used or withdrawn, or is unknown, is not sent again', async (t) => {
  const { invitations, make } = await open(t)
  const [used, withdrawn] = [await make(), await make()]
  const taken = await invitations.take(used.secret)
  await invitations.withdraw(withdrawn.id)
  for (const id of [used.id, withdrawn.id, 'unknown']) {
    t.equal(await invitations.renew(id, 'ann'), undefined, id)
  }
  await taken!.giveBack()
  const next = await invitations.renew(used.id, 'ann')
  t.ok(await invitations.take(next))
  await taken!.giveBack()
  t.equal(
    await invitations.isValid(next), false,
    'only what was taken is given back'
  )
})

t.test('what an owner handed out counts while they are one, and is listed as void after (AD-06)', async (t) => {
  const { gone, asked, clock, invitations, make } = await open(t)
  const first = await make('ann')
  clock.now++
  await make('ann')
  clock.now++
  const own = await make()
  const held = { id: first.id, by: 'ann', groups: [] }
  await invitations.hold('b', 'x@example.com', held)
  t.same(await invitations.findHeld('b', 'x@example.com'), held)
  gone.add('ann')
  asked.length = 0
  t.same(
    (await invitations.list()).map(({ by, isVoid }) => [by, isVoid]),
    [['operator', undefined], ['ann', true], ['ann', true]],
    'newest first'
  )
  t.same(asked.sort(), ['ann', 'operator'], 'each is looked up once')
  t.equal(await invitations.find(first.secret), undefined)
  t.equal(await invitations.take(first.secret), undefined)
  t.equal(await invitations.findHeld('b', 'x@example.com'), 'void')
  gone.delete('ann')
  t.ok(await invitations.take(first.secret), 'nothing was spent')
  t.ok(await invitations.take(own.secret))
})

t.test('what waits for a person waits for a week; where somebody stands for it, for a year (AD-21)', async (t) => {
  const { clock, invitations } = await open(t)
  for (const [days, given] of [[7, { groups: ['a'] }], [366, { by: 'ann', groups: ['a'] }]] as const) {
    await invitations.hold('b', 'x@example.com', given)
    clock.now += days * DAY - 1
    t.same(await invitations.findHeld('b', 'X@example.com'), given)
    clock.now += 1
    t.equal(await invitations.findHeld('b', 'x@example.com'), undefined)
  }
})

t.test('of 500 the oldest that is not open makes way; where all are open, there is no place', async (t) => {
  const { clock, invitations, make } = await open(t)
  const first = await make()
  clock.now++
  const second = await make()
  clock.now++
  for (let count = 2; count < 500; count++) await make()
  const before = await invitations.list()
  t.equal(before.length, 500)
  await t.rejects(make(), {
    code: 'invalid_request', statusCode: 400, message: /500/
  })
  t.same(await invitations.list(), before, 'nothing was written')
  for (const { id } of [second, first]) await invitations.withdraw(id)
  await make()
  const ids = (await invitations.list()).map(({ id }) => id)
  t.equal(ids.length, 500)
  t.same([ids.includes(first.id), ids.includes(second.id)], [false, true])
})
