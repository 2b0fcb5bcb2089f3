// The order in which messages wait: known people first, mailboxes in turn, a bounded number for each purpose.
import t from 'tap'
import {
  createLanes,
  givingWay,
  laneOf,
  MAX_PER_MAILBOX,
  type Message,
  type MailPurpose
} from '../../../plugins/mail/lanes.ts'
import { message } from './message.ts'

const waiting = (to: string, purpose: MailPurpose, text = 'x', tries = 0) => ({
  message: { ...message(to, purpose), text } satisfies Message,
  tries
})
function drain (lanes: ReturnType<typeof createLanes>): string[] {
  const sent: string[] = []
  for (let next = lanes.next(); next; next = lanes.next()) sent.push(`${next.message.to} ${next.message.text}`)
  return sent
}

t.test('what a stranger can cause waits behind everything else, however much it is (AC-06)', async (t) => {
  const purposes = Object.keys(MAX_PER_MAILBOX) as MailPurpose[]
  const strangers = purposes.filter((purpose) => laneOf(message('a', purpose)) === 'strangers')
  t.same(strangers, ['confirm', 'choose', 'taken', 'new-address'])
  const lanes = createLanes()
  for (let count = 0; count < 10; count++) lanes.add(waiting(`stranger${count}`, 'confirm'), 10)
  t.equal(lanes.add(waiting('stranger10', 'confirm'), 10), false, 'their lane is full')
  t.equal(lanes.add(waiting('ann', 'reset'), 10), true, 'the other is not')
  t.equal(lanes.size(), 11)
  t.equal(lanes.next()!.message.to, 'ann')
})

t.test('a mailbox with several messages delays none of the others (AC-06)', async (t) => {
  const lanes = createLanes()
  for (const text of ['1', '2', '3']) lanes.add(waiting('ann', 'notice', text), 10)
  lanes.add(waiting('bob', 'notice', '1'), 10)
  t.same(drain(lanes), ['ann 1', 'bob 1', 'ann 2', 'ann 3'])
  t.equal(lanes.size(), 0)
})

t.test('a newer link replaces the older one, notices wait side by side up to five, the oldest gives way (AW-03)', async (t) => {
  const lanes = createLanes()
  for (const text of ['1', '2']) lanes.add(waiting('ann', 'reset', text), 10)
  for (let count = 1; count <= 6; count++) lanes.add(waiting('bob', 'notice', String(count)), 10)
  lanes.add(waiting('bob', 'notice', '6'), 10)
  lanes.add(waiting('bob', 'reset', '1'), 10)
  t.equal(lanes.size(), 7)
  t.same(drain(lanes).sort(), ['ann 2', 'bob 1', 'bob 2', 'bob 3', 'bob 4', 'bob 5', 'bob 6'])
})

t.test('a full lane still takes what makes it no longer, and refuses without a change', async (t) => {
  const lanes = createLanes()
  lanes.add(waiting('ann', 'reset', '1'), 1)
  t.equal(lanes.add(waiting('bob', 'reset', '1'), 1), false)
  t.equal(lanes.add(waiting('ann', 'reset', '2'), 1), true)
  t.same(drain(lanes), ['ann 2'])
})

t.test('what is tried again comes before what waits for its first try, and gives way first', async (t) => {
  const lanes = createLanes()
  lanes.add(waiting('ann', 'notice', 'new'), 10)
  lanes.add(waiting('ann', 'notice', 'again', 1), 10)
  t.same(drain(lanes), ['ann again', 'ann new'])
  lanes.add(waiting('ann', 'reset', 'newer link'), 10)
  lanes.add(waiting('ann', 'reset', 'older link', 1), 10)
  t.same(drain(lanes), ['ann newer link'])
})

t.test('a message that is taken out leaves the others, and their number, as they are', async (t) => {
  const lanes = createLanes()
  const [first, second] = [waiting('ann', 'notice', '1'), waiting('ann', 'notice', '2')]
  const alone = waiting('bob', 'notice')
  for (const one of [first, second, alone]) lanes.add(one, 10)
  lanes.remove(first)
  lanes.remove(first)
  lanes.remove(alone)
  lanes.remove(waiting('eve', 'notice'))
  t.equal(lanes.size(), 1)
  t.same(lanes.waitingIn('people'), [second])
  t.same(drain(lanes), ['ann 2'])
})

t.test('the site with the most messages gives way to another, its newest first, while it has two more (AC-06)', async (t) => {
  const from = (site: string, text: string) => {
    const { message, tries } = waiting('ann', 'confirm', text)
    return { message: { ...message, from: site }, tries }
  }
  const few = [from('a', '1')]
  const many = ['1', '2', '3'].map((text) => from('b', text))
  const all = [...few, ...many]
  t.equal(givingWay(all, 'a'), many.at(-1))
  t.equal(givingWay(all, 'new'), many.at(-1))
  t.equal(givingWay(all, 'b'), undefined, 'not to its own')
  t.equal(givingWay([...few, ...many.slice(1)], 'a'), undefined)
  t.equal(givingWay(all, undefined), undefined)
  t.equal(givingWay([], 'a'), undefined)
})
