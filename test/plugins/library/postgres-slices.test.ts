// A long document goes to Postgres in pieces: what is written and encoded in one go delays everybody else.
import t from 'tap'
import { openPostgresDocuments } from '../../../plugins/library/postgres.ts'
import type { Postgres } from '../../../plugins/postgres.ts'

t.test('a long document is sent in pieces of its parts (BW-14)', async (t) => {
  const sent: unknown[] = []
  const query = async (_sql: string, values: unknown[] = []) => {
    sent.push(...values)
    return []
  }
  const postgres = { description: '', query, transaction: (work: (run: typeof query) => unknown) => work(query) }
  const store = await openPostgresDocuments(postgres as unknown as Postgres)
  const units = [1, 26, 676, 17_576]
  const word = (index: number) => String.fromCharCode(...units.map((unit) => 97 + (Math.floor(index / unit) % 26)))
  const words = Array.from({ length: 250_000 }, (_, index) => word(index))
  await store.put([{ id: 'a.md', title: 'a', text: words.join(' '), type: 'text/plain', modified: 1, bytes: 1 }])
  const texts = sent.filter((value) => typeof value === 'string').map(({ length }) => length)
  t.ok(texts.length > 2 && Math.max(...texts) < 2_000_000, `${Math.max(...texts)} characters at once`)
  const lists = sent.filter(Array.isArray).map(({ length }) => length)
  t.ok(Math.max(...lists) < 100_000, `${Math.max(...lists)} words at once`)
})
