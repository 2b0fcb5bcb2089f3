// Rich text (RTF), without fonts and pictures.
import t from 'tap'
import { read } from './packed.ts'

t.test('rich text: characters of any alphabet, without fonts and pictures', async (t) => {
  const source = "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}{\\*\\generator never;}\\uc1 Gr\\'fc\\u223?e\\par{\\b Safe}: 12\\~34{\\pict 89504e47}\\line\\{x\\}\\emdash\\par}"
  t.same(await read('a.rtf', source), { text: 'Grüße\nSafe: 12\u00a034\n{x}—' })
})
