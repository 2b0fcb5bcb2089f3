// What is not read is counted by ending and reason, most first.
import t from 'tap'
import { createLeftOut, describeLeftOut, describeUnread } from '../../../plugins/library/left-out.ts'

t.test('a line counts what is left out, most first; pictures are no loss to a reader', async (t) => {
  const files = [
    ...Array.from({ length: 3 }, (_, index) => ({ id: `${index}.XLSX`, kind: 'too large' })),
    { id: 'a.pdf', kind: 'password' },
    { id: 'b.pdf', kind: 'no text' },
    { id: 'LOCK', kind: 'binary' },
    { id: 'c.png', kind: 'unknown format' }
  ]
  t.equal(describeLeftOut(files), '7 left out: 3 .xlsx (too large), 1 .pdf (no text), 1 .pdf (password), 1 .png (unknown format), 1 no ending (binary)')
  t.equal(describeUnread(files), '6 left out: 3 .xlsx (too large), 1 .pdf (no text), 1 .pdf (password), 1 no ending (binary)')
  t.equal(describeUnread([{ id: 'c.png', kind: 'unknown format' }]), undefined)
  t.equal(describeLeftOut([]), undefined)
  t.match(describeLeftOut('abcdefgh'.split('').map((name) => ({ id: `x.${name}`, kind: 'binary' }))), /^8 left out: .*, 2 more$/)
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
