// The cases of the tools for notes: real work, and the mistakes a model makes.
import { HOSTILE, NO_SUCH, textMistakes, versionMistakes, type Case, type Mistake } from './contract.ts'

export const noteCases: Record<string, Case> = {
  write: {
    right: { text: 'x' },
    async use (t, use) {
      const note = await use('write', { text: 'The plumber comes on Tuesday.', title: 'House' })
      t.match(note, { id: /^note:/, title: 'House', version: 1 })
      t.match(await use('write', { id: note['id'], text: 'And the painter on Friday.' }), {
        id: note['id'],
        version: 2
      })
      t.match(
        await use('search', { query: 'When does the painter come?' }),
        { results: [{ id: note['id'] }] },
        'found at once'
      )
      t.match(await use('fetch', { id: note['id'] }), {
        text: 'The plumber comes on Tuesday.\nAnd the painter on Friday.',
        metadata: { version: '2' }
      })
      for (const text of HOSTILE) {
        const { id, version } = await use('write', { text: `${text}.` })
        t.equal((await use('fetch', { id }))['text'], `${text.replace('\0', '')}.`)
        await use('delete_note', { id, version })
      }
    },
    mistakes: [
      ...textMistakes('text', 40_000),
      [{ text: 'x', title: 3 }, /- title: .*expected string/],
      [{ text: 'x', title: 'x'.repeat(201) }, /- title: .*200/],
      [{ text: 'x', id: NO_SUCH, title: 'y' }, /leave out title/],
      ...[NO_SUCH, ...HOSTILE].map((id): Mistake => [
        { text: 'x', id },
        /There is no note with the id[^]*Call list_notes or search/
      ])
    ]
  },
  list_notes: {
    right: {},
    async use (t, use) {
      for (const title of ['One', 'Two', 'Three']) await use('write', { text: `${title} of three`, title })
      const first = await use('list_notes', { limit: 2 })
      t.match(first, { notes: [{ title: 'Three', beginning: 'Three of three' }, { title: 'Two' }], next: String })
      t.match(await use('list_notes', { limit: 1, cursor: first['next'] }), { notes: [{ title: 'One' }] })
    },
    mistakes: [
      ...[0, 51, 1.5, -1].map((limit): Mistake => [{ limit }, /- limit: .*(?:>=1|<=50|int)/]),
      ...['5', null, [], {}].map((limit): Mistake => [{ limit }, /- limit: .*expected number/]),
      [{ cursor: 7 }, /- cursor: .*expected string/],
      [{ page: 2 }, /"page"[\s\S]*query \(string\), limit \(integer\), cursor \(string\)/],
      ...['x', 'e30', Buffer.from('["1","2"]').toString('base64url'), ...HOSTILE].map((cursor): Mistake => [
        { cursor },
        /This cursor is not one that list_notes returned\. Leave it out/
      ])
    ]
  },
  update_note: {
    right: { id: NO_SUCH, version: 1, text: 'x' },
    async use (t, use) {
      const { id, version } = await use('write', { text: 'Flour, water', title: 'Shopping' })
      t.match(await use('update_note', { id, version, text: 'Flour, salt' }), { id, version: 2, title: 'Shopping' })
      t.match(await use('update_note', { id, version: 2, title: 'Groceries' }), { version: 3, title: 'Groceries' })
      t.match(await use('fetch', { id }), { title: 'Groceries', text: 'Flour, salt' })
    },
    mistakes: [
      ...textMistakes('id', 200, { version: 1, text: 'x' }),
      ...versionMistakes,
      [{ id: NO_SUCH, version: 1 }, /give text, old_text and new_text, or title/],
      [{ id: NO_SUCH, version: 1, text: 5 }, /- text: .*expected string/],
      [{ id: NO_SUCH, version: 1, text: 'x', title: '' }, /- title: /],
      ...[NO_SUCH, ...HOSTILE].map((id): Mistake => [
        { id, version: 1, text: 'x' },
        /There is no note with the id[^]*Call list_notes or search/
      ])
    ]
  },
  delete_note: {
    right: { id: NO_SUCH, version: 1 },
    async use (t, use) {
      const { id, version } = await use('write', { text: 'A secret about otters' })
      t.same(await use('delete_note', { id, version }), { deleted: id })
      t.same(await use('search', { query: 'otters' }), { results: [] }, 'not found any more')
    },
    mistakes: [
      ...textMistakes('id', 200, { version: 1 }),
      ...versionMistakes.map(([{ text: _, ...args }, says]): Mistake => [args, says]),
      ...[NO_SUCH, ...HOSTILE].map((id): Mistake => [
        { id, version: 1 },
        /There is no note with the id[^]*Call list_notes or search/
      ])
    ]
  }
}
