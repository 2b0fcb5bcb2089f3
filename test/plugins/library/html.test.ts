// The text and the title of a page.
import t from 'tap'
import { htmlText, htmlTitle } from '../../../plugins/library/html.ts'

t.test('text without scripts and styles, the first heading as the title', async (t) => {
  const page = '<title>Site</title><style>p{}</style><script>alert(1)</script><h1>Tents</h1><p>Blue &amp; red</p>'
  t.equal(htmlTitle(page), 'Tents')
  t.match(htmlText(page), /Tents[^]*Blue & red/)
  t.notMatch(htmlText(page), /alert|p\{\}/)
})

t.test('a page that is nested too deeply is refused', async (t) => {
  t.throws(() => htmlText('<div>'.repeat(100_000)), RangeError)
})
