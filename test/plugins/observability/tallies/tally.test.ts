// Sums of calls: how long they took to within an eighth, and a bounded number of names.
import t from 'tap'
import type { AuditEvent } from '../../../../plugins/observability/audit/contract.ts'
import { MAX_NAMES, type Slot } from '../../../../plugins/observability/tallies/contract.ts'
import { createRecent } from '../../../../plugins/observability/tallies/recent.ts'
import {
  emptySlot,
  mergeSlots,
  quantile,
  sum,
  withoutPerson
} from '../../../../plugins/observability/tallies/tally.ts'

function slotOf (event: AuditEvent, at: number): Slot | undefined {
  const recent = createRecent()
  recent.add(event, at)
  return recent.take()
}

const call = (details: Partial<AuditEvent> = {}): Slot =>
  slotOf({ at: '2026-11-28T00:00:00.000Z', event: 'tool_call', tool: 'search', outcome: 'ok', ms: 10, ...details }, 1_000)!

const timesOf = (all: number[]) => sum(all.flatMap((ms) => call({ ms }).tools.map(([, tally]) => tally))).times

t.test('the median and the slow calls are right to within an eighth, and half a millisecond', async (t) => {
  for (const ms of [1, 2, 7, 13, 90, 850, 4_000, 60_000]) {
    const found = quantile(timesOf([ms]), 0.5)!
    t.ok(Math.abs(found - ms) <= ms / 8 + 0.5, `${ms}: ${found}`)
  }
  const times = timesOf([...Array.from({ length: 95 }, () => 10), ...Array.from({ length: 5 }, () => 5_000)])
  t.equal(quantile(times, 0.5), 10)
  t.equal(quantile(times, 0.95), 10)
  t.ok(quantile(times, 0.96)! > 4_500)
  t.equal(quantile([], 0.5), undefined, 'no call, no time')
  t.equal(
    timesOf([1e12]).length, timesOf([1e9]).length,
    'whatever a clock says, the classes end'
  )
})

t.test('a call counts for its tool, its person and its app, and one that was refused has no time', async (t) => {
  const slot = mergeSlots([
    call({ user: 'ann', client: 'c1', clientName: 'Claude' }),
    call({ user: 'ann', client: 'c1', clientName: 'Claude', outcome: 'refused', ms: 0 }),
    call({ user: 'bob', outcome: 'failed' })
  ])
  t.match(slot.tools, [['search', { calls: 3, failed: 1, refused: 1 }]])
  t.match(slot.people, [['ann', { calls: 2, refused: 1 }], ['bob', { calls: 1, failed: 1 }]])
  t.match(slot.apps, [['c1', { calls: 2 }]])
  t.same(slot.appNames, [['c1', 'Claude']])
  t.equal(slot.tools[0]![1].times.reduce((total, count) => total + count), 2)
  t.equal(slotOf({ at: '', event: 'sign_in' }, 0), undefined, 'nothing else is counted')
})

t.test('of too many names those with the most calls stay, and no call is lost from the sum (AS-03)', async (t) => {
  const many = Array.from({ length: MAX_NAMES.people + 50 }, (_, n) => call({ user: `u${n}` }))
  const merged = mergeSlots([mergeSlots(many), ...Array.from({ length: 3 }, () => call({ user: 'busy' }))])
  t.equal(merged.people.length, MAX_NAMES.people + 1)
  t.match(merged.people.find(([id]) => id === 'busy'), ['busy', { calls: 3 }])
  t.equal(merged.people.reduce((total, [, { calls }]) => total + calls, 0), MAX_NAMES.people + 53)
  t.equal(
    mergeSlots([merged, merged]).people.length, MAX_NAMES.people + 1,
    'the rest is one name'
  )
})

t.test('limits are one sum for each limit, address and person, and a bounded number (AS-03)', async (t) => {
  const limit = (address: string, at: number) => slotOf({ at: '', event: 'limit', reason: 'sign-in', address }, at)!
  const slot = mergeSlots([limit('192.0.2.1', 5), limit('192.0.2.1', 9), limit('192.0.2.2', 7)])
  t.same(slot.limits, [
    { limit: 'sign-in', hits: 2, lastAt: 9, address: '192.0.2.1' },
    { limit: 'sign-in', hits: 1, lastAt: 7, address: '192.0.2.2' }
  ])
  const many = mergeSlots(Array.from({ length: MAX_NAMES.limits + 9 }, (_, n) => limit(`192.0.2.${n}`, n)))
  t.equal(many.limits.length, MAX_NAMES.limits)
})

t.test('what is recent is counted once, by all of its names, and is full at the bound of a slot', async (t) => {
  const recent = createRecent()
  const add = (details: Partial<AuditEvent>) => recent.add({ at: '', event: 'tool_call', tool: 'search', outcome: 'ok', ms: 10, ...details }, 1)
  add({ user: 'ann', client: 'c1', clientName: 'Claude' })
  add({ user: 'bob' })
  add({ user: 'ann' })
  recent.forget('bob')
  const slot = recent.take()!
  t.match(slot, { tools: [['search', { calls: 3 }]], people: [['ann', { calls: 2 }]], apps: [['c1', { calls: 1 }]], appNames: [['c1', 'Claude']] })
  t.equal(recent.take(), undefined)
  for (let n = 0; n < MAX_NAMES.people; n++) {
    t.notOk(recent.isFull)
    add({ user: `u${n}` })
  }
  t.ok(recent.isFull)
})

t.test('a person is taken out of a slot, and their calls stay in the sums of tools', async (t) => {
  const slot = mergeSlots([call({ user: 'ann' }), call({ user: 'bob' }), slotOf({ at: '', event: 'limit', reason: 'x', user: 'ann' }, 1)!])
  const left = withoutPerson(slot, 'ann')!
  t.same(left.people.map(([id]) => id), ['bob'])
  t.same(left.limits, [])
  t.match(left.tools, [['search', { calls: 2 }]])
  t.equal(withoutPerson(left, 'ann'), undefined)
  t.equal(withoutPerson(emptySlot(), 'ann'), undefined)
})

t.test('nothing is left of somebody who only reached a limit', async (t) => {
  const limit = { limit: 'sign-in', address: '192.0.2.1', user: 'ann', hits: 1, lastAt: 1 }
  const slot = { ...emptySlot(), limits: [limit, { ...limit, user: 'bob' }] } as Slot
  t.same(withoutPerson(slot, 'ann')?.limits.map(({ user }) => user), ['bob'])
  t.equal(withoutPerson(slot, 'cid'), undefined)
})
