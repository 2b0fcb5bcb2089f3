// What the operator's commands print: nothing in it reaches the terminal as a command.
import t from 'tap'
import { printable, printableJson, printableLines } from '../../../plugins/observability/terminal-text.ts'

const EVIL =
  'Good app\u001b[2K\r2026-11-28  connected  Claude\u001b]0;owned\u0007\u202e\u200b\u009b31m\u3164\u2800\ufeff'
const UNSAFE = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/u

t.test('what is printed holds nothing that a terminal obeys, and reads back as it was', async (t) => {
  t.notMatch(printable(EVIL), UNSAFE)
  t.equal(printable('a  b é 😀'), 'a  b é 😀')
  t.equal(printable('\u001b\u202e\u{e0041}'), '\\u{1b}\\u{202e}\\u{e0041}')
  t.notMatch(printableJson({ name: EVIL, '\u202ekey': '\u{e0041}' }), UNSAFE)
  t.same(JSON.parse(printableJson({ name: EVIL, '\u202ekey': '\u{e0041}' })), {
    name: EVIL,
    '\u202ekey': '\u{e0041}'
  })
  t.notMatch(printableLines(EVIL), UNSAFE)
  t.equal(printableLines('a\n\tb\u009b\r\n'), 'a\n\tb\\u{9b}\\u{d}\n')
  t.equal(printableJson({ a: '\u202e\n' }, 2), '{\n  "a": "\\u202e\\n"\n}')
})
