// The bytes that streams may store: bounded for a session, a person and in all.
import t from 'tap'
import { createStoredBytes } from '../../../../plugins/mcp/sessions/stored-bytes.ts'

/** Beside its events each record costs 512 bytes. */
const KB = 1024

const most = { session: 4 * KB, person: 8 * KB, all: 16 * KB }

function openBytes () {
  let now = 1_000
  const bytes = createStoredBytes(() => now, most)
  let next = 0
  return {
    /** Keeps a stream of a kilobyte. @returns its id, and what gave way. */
    put (session: string, person: string, { id = `s${next++}`, size = KB - 512, seconds = 600 } = {}) {
      return { id, gone: bytes.put(id, { session, person, bytes: size, until: now + seconds }) }
    },
    pass (seconds: number) {
      now += seconds
    }
  }
}

t.test('the oldest stream of a session, of a person and of all makes room (ME-01)', async (t) => {
  const { put } = openBytes()
  for (let index = 0; index < 4; index++) t.strictSame(put('one', 'ann').gone, [])
  t.strictSame(put('one', 'ann').gone, ['s0'], 'beyond the bound of the session')
  for (let index = 0; index < 4; index++) t.strictSame(put('two', 'ann').gone, [])
  t.strictSame(put('three', 'ann').gone, ['s1'], 'beyond the bound of the person')
  t.strictSame(put('one', 'ann', { id: 's2' }).gone, [], 'what is written again takes the place of what it was')
  t.strictSame(put('four', 'ann').gone, ['s3'], 'and is the newest then')
  t.strictSame(
    put('five', 'ann', { id: 'big', size: 20 * KB }).gone.at(-1),
    'big',
    'what is larger than the bound is not kept at all'
  )
})

t.test('in all, a person with more than an equal share makes room, and no one else', async (t) => {
  const { put } = openBytes()
  for (const person of ['eve', 'mallory']) { for (let index = 0; index < 8; index++) put(`${person} ${index >> 2}`, person) }
  t.strictSame(put('ann', 'ann').gone, ['s0'], 'a newcomer takes the place of the oldest')
  t.strictSame(put('eve 3', 'eve').gone, ['s1'], 'eve pushes out her own')
  for (let index = 0; index < 4; index++) {
    const { gone } = put('eve 4', 'eve')
    t.ok(
      gone.every((id) => Number(id.slice(1)) < 8 || Number(id.slice(1)) > 16),
      `${gone} was hers`
    )
  }
})

t.test('what has expired does not count', async (t) => {
  const { put, pass } = openBytes()
  for (let index = 0; index < 4; index++) put('one', 'ann', { seconds: 10 })
  pass(11)
  t.strictSame(put('one', 'ann').gone, [])
})

t.test('an equal share is one of those who store something now', async (t) => {
  const { put, pass } = openBytes()
  for (let person = 0; person < 10; person++) put('old', `person ${person}`, { seconds: 1 })
  pass(60)
  for (let index = 0; index < 8; index++) put(`bob ${index % 2}`, 'bob', { id: `bob ${index}` })
  for (let index = 0; index < 4; index++) put('cid', 'cid')
  for (let index = 0; index < 4; index++) {
    t.strictSame(put('ann', 'ann').gone, [])
  }
  t.strictSame(put('ann again', 'ann').gone, ['bob 0'], 'a third of all is not reached')
})
