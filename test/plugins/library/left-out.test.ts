// What is not read is counted by ending and reason, most first.
import t from 'tap'
import { setImmediate } from 'node:timers/promises'
import type { Audience } from '../../../plugins/access-rules/contract.ts'
import { createLeftOut, describeLeftOut, describeUnread } from '../../../plugins/library/left-out.ts'

const everybody = () => true
/** @returns how many there are of each. */
function counted (files: Array<{ id: string; kind: string }>) {
  const left = createLeftOut()
  for (const file of files) left.add({ ...file, reason: file.kind })
  return left.counts(everybody)
}

t.test('a line counts what is left out, most first; pictures are no loss to a reader', async (t) => {
  const files = [
    ...Array.from({ length: 3 }, (_, index) => ({ id: `${index}.XLSX`, kind: 'too large' })),
    { id: 'a.pdf', kind: 'password' },
    { id: 'b.pdf', kind: 'no text' },
    { id: 'LOCK', kind: 'binary' },
    { id: 'c.png', kind: 'unknown format' }
  ]
  t.equal(describeLeftOut(counted(files)), '7 left out: 3 .xlsx (too large), 1 .pdf (no text), 1 .pdf (password), 1 .png (unknown format), 1 no ending (binary)')
  t.equal(describeUnread(counted(files)), '6 left out: 3 .xlsx (too large), 1 .pdf (no text), 1 .pdf (password), 1 no ending (binary)')
  t.equal(describeUnread(counted([{ id: 'c.png', kind: 'unknown format' }])), undefined)
  t.equal(describeLeftOut([]), undefined)
  t.match(describeLeftOut(counted('abcdefgh'.split('').map((name) => ({ id: `x.${name}`, kind: 'binary' })))), /^8 left out: .*, 2 more$/)
})

t.test('a file is worth a line once, and again when it has changed', async (t) => {
  const left = createLeftOut()
  const file = { id: 'a.pdf', reason: 'it is broken', kind: 'broken', modified: 1, bytes: 2 }
  t.ok(left.add(file))
  t.notOk(left.add(file))
  t.ok(left.has('a.pdf', 1, 2))
  t.notOk(left.has('a.pdf', 1, 3))
  t.ok(left.add({ ...file, modified: 2 }))
  t.same(left.list(), [{ id: 'a.pdf', reason: 'it is broken', kind: 'broken' }])
})

t.test('what is said of files costs the same however many they are, and says of no file that is hidden (LB-08)', async (t) => {
  let [version, hidden] = [0, 'secret/']
  const [all, few]: [Audience, Audience] = [{ id: '', gives: ['everyone'], takes: [] }, { id: 'few', gives: ['few'], takes: [] }]
  let asked = 0
  const audiences = {
    version: () => version,
    of (id: string) {
      asked++
      return id.startsWith(hidden) ? few : all
    }
  }
  const left = createLeftOut(audiences)
  const add = (id: string) => left.add({ id, kind: 'binary', reason: 'it is binary' })
  for (let index = 0; index < 2_000; index++) add(`${index}.bin`)
  for (let index = 0; index < 1_000; index++) add(`secret/${index}.${index}`)
  const sees = ({ gives }: Pick<Audience, 'gives'>) => gives.includes('everyone')
  asked = 0
  t.same(left.counts(sees), [{ ending: '.bin', kind: 'binary', count: 2_000 }])
  const ofAll = left.counts(everybody)
  t.equal(ofAll.length, 1 + 300 + 1, 'names that are all different have no row each')
  t.equal(ofAll.reduce((sum, { count }) => sum + count, 0), 3_000)
  t.equal(asked, 0, 'nothing is asked of each file again')

  add('0.bin')
  left.delete('1.bin')
  t.same(left.counts(sees), [{ ending: '.bin', kind: 'binary', count: 1_999 }])
  ;[version, hidden] = [1, '']
  t.same(left.counts(sees), [], 'a change of the rules counts at once')
  hidden = 'secret/'
  version++
  for (let turn = 0; turn < 20; turn++) {
    left.counts(sees)
    await setImmediate()
  }
  t.same(left.counts(sees), [{ ending: '.bin', kind: 'binary', count: 1_999 }])
})
