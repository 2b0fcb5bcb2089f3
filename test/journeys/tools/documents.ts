// The cases of search and fetch: real work, and the mistakes a model makes.
import { documents, HOSTILE, LONG, NO_SUCH, textMistakes, type Case, type Result, type Mistake } from './contract.ts'

export const documentCases: Record<string, Case> = {
  search: {
    right: { query: 'tide' },
    async use (t, use) {
      t.match(await use('search', { query: 'When is there a spring tide?' }), {
        results: [{ id: 'tides.md', title: 'Tides', url: /\/documents\/tides\.md$/ }]
      })
      t.match(await use('search', { query: '"spring tide"' }), { results: [{ id: 'tides.md' }] }, 'a phrase')
      t.same(await use('search', { query: '"tide spring"' }), { results: [] }, 'in its order')
      t.match(await use('search', { query: 'sourd*' }), { results: [{ id: 'bread/sourdough.md' }] }, 'a beginning')
      t.match(
        await use('search', { query: '潮汐' }),
        { results: [{ id: 'ja.md' }] },
        'a word of a language without spaces'
      )
      for (const query of HOSTILE) {
        t.ok(Array.isArray((await use('search', { query }))['results']), 'hostile text is only text')
      }
    },
    mistakes: textMistakes('query', 2_000)
  },
  fetch: {
    right: { id: 'tides.md' },
    async use (t, use) {
      t.match(await use('fetch', { id: 'tides.md' }), { title: 'Tides', text: /new moon and full moon/, url: /^http/ })
      const {
        results: [hit]
      } = await use('search', { query: 'Who keeps the quokka?' })
      t.match(hit, { id: `${LONG}#part=3` })
      let whole = ''
      for (let next: string | undefined = LONG, count = 0; next !== undefined && count < 10; count++) {
        const part: Result = await use('fetch', { id: next })
        whole += part['text'].replace(/\n\n\[Part [^\n]*\]$/, '')
        next = part['metadata'].next
      }
      t.equal(whole, documents[LONG], 'a long document is read on to its end')
    },
    mistakes: [
      ...textMistakes('id', 5_000).map(([args, says]): Mistake => [args, says]),
      ...[...HOSTILE, 'TIDES.md', './tides.md', NO_SUCH].map((id): Mistake => [{ id }, /Call search first/]),
      [{ id: 'tides.md#part=2' }, /has 1 part.*"tides\.md"/],
      [{ id: `${LONG}#part=99` }, /parts.*begin with the first/]
    ]
  }
}
