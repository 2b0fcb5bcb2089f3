// The passage of a hit is the stretch where most of the words asked for stand together, however far into the document.
import t from 'tap'
import { snippetOf } from '../../../plugins/search/snippet.ts'

const filler = (word: string) => `${word} `.repeat(400)

t.test('the densest stretch is shown, not the first match', async (t) => {
  const shown = snippetOf(`walnut ${filler('x')} the walnut tree in the garden ${filler('y')}`, ['walnut', 'garden'])
  t.match(shown, /^… .*walnut tree in the garden.* …$/)
  t.ok(shown.length < 260, 'in a line')
})

t.test('of equally dense stretches the first is shown', async (t) => {
  t.match(snippetOf(`${filler('x')} walnut one ${filler('y')} walnut two`, ['walnut']), 'walnut one')
})

t.test('without a match, or without words, the document begins', async (t) => {
  t.match(snippetOf('Once upon a time', ['walnut']), /^Once upon a time$/)
  t.match(snippetOf(`Once upon ${filler('x')}`, []), /^Once upon .* …$/)
})
