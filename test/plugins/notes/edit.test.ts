// One place of a note's text is replaced, or nothing is.
import t from 'tap'
import { replaceOnce } from '../../../plugins/notes/edit.ts'

t.test('exactly one place is replaced, whatever is in it', (t) => {
  t.equal(replaceOnce('a b c', 'b', '$& $1'), 'a $& $1 c')
  t.equal(replaceOnce('a\nb', 'a\n', ''), 'b')
  t.throws(() => replaceOnce('a b', 'x', 'y'), { name: 'ToolError', code: 'invalid', message: /Copy it exactly from fetch/ })
  t.throws(() => replaceOnce('aaa', 'aa', 'y'), { name: 'ToolError', code: 'invalid', message: /more than once/ })
  t.throws(() => replaceOnce('a', '', 'y'), { name: 'ToolError' })
  t.end()
})

t.test('a passage of nearly equal letters, which occurs nowhere in a long note, costs little (BW-27)', async (t) => {
  const passage = `${'a'.repeat(200)}b${'a'.repeat(19_799)}`
  const before = process.cpuUsage()
  for (let turn = 0; turn < 3; turn++) {
    t.throws(() => replaceOnce('a'.repeat(40_000), passage, ''), { code: 'invalid' })
  }
  const { user, system } = process.cpuUsage(before)
  t.ok(user + system < 150_000, `${user + system} µs`)
})
