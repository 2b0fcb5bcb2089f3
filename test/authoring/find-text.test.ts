// A text is found where the engine would find it, at a cost that grows with its length alone.
import t from 'tap'
import { createFindText } from '../../authoring/find-text.ts'

t.test('it is found where it is first, from any place on', async (t) => {
  let seed = 1
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
  const made = (length: number) => Array.from({ length }, () => 'ab'[random(2)]).join('')
  for (let turn = 0; turn < 500; turn++) {
    const text = made(200).repeat(2)
    const start = random(text.length)
    const wanted = turn % 2 === 0 ? text.slice(start, start + random(60)) : made(12 + random(12))
    const find = createFindText(wanted)
    for (const from of [0, random(text.length), start + 1]) t.equal(find(text, from), text.indexOf(wanted, from))
  }
  // Of few pieces, so that the beginning of what is wanted comes again inside it.
  const woven = (pieces: number) => Array.from({ length: pieces }, () => ['a', 'aab', 'aabaa', 'aabaac'][random(4)]).join('')
  for (let turn = 0; turn < 500; turn++) {
    const text = woven(100)
    const start = random(text.length)
    const wanted = turn % 2 === 0 ? text.slice(start, start + 16 + random(16)) : woven(8)
    t.equal(createFindText(wanted)(text), text.indexOf(wanted), wanted)
  }
  t.equal(createFindText('日本語'.repeat(10))(`x${'日本語'.repeat(11)}`), 1)
  t.equal(createFindText('x'.repeat(20))('x'.repeat(19)), -1)
  t.equal(createFindText('x'.repeat(20))('x'.repeat(20), 30), -1)
})

t.test('equal letters with another one among them cost little (BW-27)', async (t) => {
  const find = createFindText(`${'a'.repeat(200)}b${'a'.repeat(19_799)}`)
  const before = process.cpuUsage()
  for (let turn = 0; turn < 5; turn++) t.equal(find('a'.repeat(40_000)), -1)
  const { user, system } = process.cpuUsage(before)
  t.ok(user + system < 200_000, `${user + system} µs`)
})
