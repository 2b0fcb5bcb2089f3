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
