// Rich text (RTF), without fonts and pictures, and with its footnotes.
import t from 'tap'
import { read } from './packed.ts'

t.test('rich text: characters of any alphabet, without fonts and pictures', async (t) => {
  const source = "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}{\\*\\generator never;}\\uc1 Gr\\'fc\\u223?e\\par{\\b Safe}: 12\\~34{\\pict 89504e47}\\line\\{x\\}\\emdash\\par}"
  t.same(await read('a.rtf', source), { text: 'Grüße\nSafe: 12\u00a034\n{x}—' })
})

t.test('footnotes of rich text, as Word and LibreOffice write them, follow the text they stand in', async (t) => {
  const word = String.raw`{\rtf1\ansi Rent{\super\chftn {\footnote\pard {\super\chftn} Without {\b heating}.}} is due.\par Keys{\*\footnote\chftn  Two of them.} too.{\*\annotation a remark{\footnote never}}\par}`
  t.same(await read('a.rtf', word), { text: 'Rent is due.\nKeys too.\nWithout heating.\nTwo of them.' })
})

t.test('what replaces a character is not read twice, cells are apart, an unknown alphabet is Western', async (t) => {
  for (const [inside, text] of [
    ["\\ansicpg1252 Gr\\u252\\'fcn", 'Grün'],
    ['\\ansicpg99999 \\\'fc', 'ü'],
    ['one\\cell two\\cell\\row', 'one\ttwo'],
    ['a{\\*\\x x\\cell}b', 'ab']
  ] as const) t.same(await read('a.rtf', `{\\rtf1${inside}}`), { text }, inside)
  t.match(await read('a.rtf', '{\\rtf1 }'), { kind: 'no text' })
})
