// How well search answers: each ability has its own small case over one fixed collection, on both engines.
// `npm run bench:search` measures large judged collections.
import t, { type Test } from 'tap'
import { ndcg } from '../../../bench/search/measure.ts'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import type { DocumentStore } from '../../../plugins/library/contract.ts'
import { openPostgresDocuments } from '../../../plugins/library/postgres.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { connectPostgres } from '../../../plugins/postgres.ts'
import { noPostgres, startPostgres } from '../../helpers/postgres.ts'
import { folder } from '../../helpers/tool-context.ts'

const WEATHER = 'The weather was mild and the lake was calm, and there is nothing else to be said about that day. '.repeat(8)

/** By id, a title and a text. */
const DOCUMENTS: Record<string, [string, string]> = {
  'rotate.md': ['Tokens', 'To rotate a refresh token, call the endpoint. The signing keys are rotated as well.'],
  'mention.md': ['Weather', `${WEATHER} A token.`],
  'deploy.md': ['Deployment', 'It is about containers.'],
  'aside.md': ['Spring', `${WEATHER} One deployment was made.`],
  'heading.md': ['Handbook', `${WEATHER}\n\n## Vacation\n\n${WEATHER}`],
  'vacancy.md': ['Notes', `${WEATHER} ${WEATHER} Vacation was once mentioned here.`],
  'guide/backup.md': ['Nightly', 'It runs at two in the morning.'],
  'near.md': ['Boats', 'The blue tent is behind the boats that were painted.'],
  'apart.md': ['Boats too', 'A tent was painted behind the boats. The boats are blue.'],
  'camel.md': ['Accounts', 'Call getUserById to read one of them.'],
  'hyphen.md': ['Guests', 'The wi-fi is free.'],
  'price.md': ['Price', 'The machine costs 5,000 francs.'],
  'preis.md': ['Preis', 'Die Maschine kostet 7.000 Franken, und das ist nicht der letzte Preis.'],
  'bahn.md': ['Ausflug', 'Die Schmalspurbahn ist im Berg, und sie fährt nicht im Winter.'],
  'gasse.md': ['Weg', 'Die Straße über die Brücke ist nicht breit, und sie ist in der Stadt.'],
  'usuario.md': ['Usuarios', 'Las configuraciones de los usuarios están en la carpeta y no se pierden.'],
  'ru.md': ['Доступ', 'Список пользователей и их прав хранится в этой базе, и он не удаляется.'],
  'ar.md': ['نسخ', 'تحفظ البيانات كل يوم في مكان آخر'],
  'ko.md': ['안내', '비밀번호를 바꾸고 휴가신청서를 냅니다'],
  'zh.md': ['会议', '下周的会议改到星期三举行'],
  'th.md': ['ประกาศ', 'การประชุมเลื่อนเป็นวันพุธ'],
  'v1.0/api.md': ['Interface', 'The frobnicator takes one argument and returns two.'],
  'v2.0/api.md': ['Interface', 'The frobnicator takes one argument and returns two.']
}

/** What is asked, and what must come first. */
const CASES: Array<[string, string, string[]]> = [
  ['a question is answered by what holds its rarer words', 'How do I rotate a token?', ['rotate.md']],
  ['a short text counts more than a mention in a long one', 'token', ['rotate.md', 'mention.md']],
  ['a title counts more than the text', 'deployment', ['deploy.md', 'aside.md']],
  ['a heading counts more than the text', 'vacation', ['heading.md', 'vacancy.md']],
  ['a file is found by its name', 'backup', ['guide/backup.md']],
  ['words next to each other count more', 'blue tent', ['near.md', 'apart.md']],
  ['a phrase must be there', '"boats are blue"', ['apart.md']],
  ['a phrase that is nowhere is only words beside others', 'frobnicator "none such"', ['v2.0/api.md']],
  ['a beginning finds what begins with it', 'frobn*', ['v2.0/api.md']],
  ['one slip', 'frobnicatro', ['v2.0/api.md']],
  ['words inside a name', 'user', ['camel.md']],
  ['a hyphen, left out', 'wifi', ['hyphen.md']],
  ['a hyphen, as a space', 'wi fi', ['hyphen.md']],
  ['a number without its comma', '5000', ['price.md']],
  ['a number with a point', '5.000', ['price.md']],
  ['a number with a comma, written with a point', '7,000', ['preis.md']],
  ['the beginning of a compound', 'Schmalspur', ['bahn.md']],
  ['the parts of a compound', 'Bergwinter', ['bahn.md']],
  ['umlauts and ß as two letters', 'strasse bruecke', ['gasse.md']],
  ['Spanish endings, without accents', 'configuracion', ['usuario.md']],
  ['Russian endings', 'пользователь', ['ru.md']],
  ['Arabic prefixes', 'بيانات', ['ar.md']],
  ['Korean particles', '비밀번호', ['ko.md']],
  ['Korean compounds', '휴가', ['ko.md']],
  ['Chinese words', '会议', ['zh.md']],
  ['Thai words', 'ประชุม', ['th.md']]
]

async function answersWell (t: Test, store: DocumentStore): Promise<void> {
  await store.put(
    Object.entries(DOCUMENTS).map(([id, [title, text]]) => ({ id, title, text, type: 'text/markdown', modified: 0, bytes: text.length }))
  )
  await store.settle()
  for (const [ability, query, first] of CASES) {
    const found = (await store.search(query, 10, ALL_RIGHTS.documents)).map(({ id }) => id)
    t.same(found.slice(0, first.length), first, `${ability}: ${query}`)
  }
  t.same((await store.search('frobnicator', 10, ALL_RIGHTS.documents)).length, 1, 'versions of one page are one hit')
  const [hit] = await store.search('signing keys', 1, ALL_RIGHTS.documents)
  t.match(hit?.snippet, /signing keys/)
  t.ok(hit!.snippet.length < 300)
}

t.test('the measure: the best order is 1, nothing found is 0, and lower down counts less', async (t) => {
  const grades = { a: 2, b: 1 }
  t.equal(ndcg(['a', 'b', 'x'], grades), 1)
  t.equal(ndcg(['x', 'y'], grades), 0)
  t.ok(ndcg(['a', 'x'], grades) > ndcg(['x', 'a'], grades))
  t.ok(ndcg(['b', 'a'], grades) < 1)
})

t.test('SQLite has each ability of the search', async (t) => {
  const store = openSqliteDocuments(await folder(t))
  t.teardown(() => store.close())
  await answersWell(t, store)
})

const server = await startPostgres()
t.teardown(() => server?.stop())

t.test('Postgres has each ability of the search', { skip: server ? false : noPostgres }, async (t) => {
  const postgres = await connectPostgres(await server!.newDatabase(), { warn () {} })
  t.teardown(() => postgres.close())
  await answersWell(t, await openPostgresDocuments(postgres))
})
