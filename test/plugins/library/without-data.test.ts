// Data inside a text reaches neither index nor model.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { withoutData } from '../../../plugins/library/without-data.ts'

const data = randomBytes(3_000).toString('base64')

t.test('data URLs are left out wherever they stand', async (t) => {
  for (const [before, after] of [['![logo](', ')'], ['[p]: ', '\n'], ['<img src="', '">'], ['{"src": "', '"}'], ['url(', ')']]) {
    t.equal(withoutData(`x ${before}data:image/png;base64,${data}${after} y`), `x ${before}data:image/png,…${after} y`)
  }
  t.equal(withoutData(`data:,${'%20a'.repeat(50)}`), 'data:text/plain,…')
  t.equal(withoutData(`data:,${'a%20'.repeat(20)}data:text/html,${'b%20'.repeat(20)} y`), 'data:text/plain,… y')
  t.equal(withoutData('Write data:text/plain,hello in the address bar. The data: 1, 2'), 'Write data:text/plain,hello in the address bar. The data: 1, 2')
})

t.test('other long runs without words are left out, in one line or in many', async (t) => {
  t.equal(withoutData(`before "${data}" after`), 'before "[4000 characters of data]" after')
  const lines = data.match(/.{1,76}/g)!.join('\n')
  t.equal(withoutData(`-----BEGIN-----\n${lines}\n-----END-----`), `-----BEGIN-----\n[${lines.length} characters of data]\n-----END-----`)
})

t.test('words of any language, long addresses and short keys stay', async (t) => {
  const kept = [
    `https://example.com/${'path/'.repeat(60)}?${'key=value&'.repeat(60)}`,
    '自'.repeat(1_000),
    'Donaudampfschifffahrtsgesellschaftskapitän '.repeat(30),
    `${randomBytes(32).toString('hex')}  file\n`.repeat(20),
    data.slice(0, 300)
  ]
  for (const text of kept) t.equal(withoutData(text), text)
})
