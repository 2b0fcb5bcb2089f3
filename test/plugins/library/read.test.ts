// Reading a long document part by part: as many parts as fit, at least one, and where to go on.
import t from 'tap'
import { readParts } from '../../../plugins/library/read.ts'

const parts = ['aaaa', 'bbbb', 'cccc']
const fetchPart = async (part: number) => {
  const text = parts[part - 1]
  return text === undefined ? undefined : { id: 'x', title: 'x', url: 'u', text, parts: parts.length }
}

t.test('as many parts as fit, with the part to go on with', async (t) => {
  t.match(await readParts(fetchPart, 1, 8), { text: 'aaaabbbb', next: 3 })
  t.match(await readParts(fetchPart, 2, 1), { text: 'bbbb', next: 3 }, 'at least one')
  const all = await readParts(fetchPart, 1, 100)
  t.equal(all?.text, parts.join(''))
  t.notOk('next' in all!)
  t.equal(await readParts(fetchPart, 4, 100), undefined)
})
