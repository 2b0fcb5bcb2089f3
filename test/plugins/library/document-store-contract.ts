// What every document store must do, whatever engine ranks for it. A store's own test calls this and adds what is
// special to it.
import type { Test } from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import type { DocumentStore, IndexedDocument } from '../../../plugins/library/contract.ts'

export interface StoreUnderTest {
  /** An empty store of its own. */
  open(): Promise<DocumentStore>
  /** Closes the store and opens the same one again, as a restart does. */
  reopen(store: DocumentStore): Promise<DocumentStore>
}

const document = (id: string, text: string, title = id): IndexedDocument => ({
  id,
  title,
  text,
  type: 'text/markdown',
  modified: 1_700_000_000_000.25,
  bytes: text.length
})

/** TL-03, TL-06: what must be words or nothing to a search, and no document to a look-up. */
const HOSTILE = [
  '"',
  '""',
  "'",
  '*',
  '(',
  ')',
  'NEAR(',
  'NEAR("a" "b", 2)',
  'title:secret',
  '{title text}: x',
  '-word',
  '^word',
  'a AND',
  'OR OR',
  'NOT x',
  'a + b',
  'col : "x',
  "'; DROP TABLE documents; --",
  '" OR "1"="1',
  '%',
  '_',
  '\\',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff\ud800',
  '🙂',
  '\u0301\u0301',
  '',
  ' ',
  '\n\t',
  'x'.repeat(20_000),
  'word '.repeat(4_000),
  '"'.repeat(20_000),
  '('.repeat(20_000),
  '../../etc/passwd',
  '/etc/passwd',
  '/'.repeat(20_000),
  '__proto__',
  'constructor',
  '::1',
  ':*',
  '$1',
  '?',
  '@x'
]

export async function documentStoreContract (t: Test, under: StoreUnderTest): Promise<void> {
  const filled = async (t: Test, documents: IndexedDocument[]): Promise<DocumentStore> => {
    const store = await under.open()
    t.teardown(() => store.close())
    await store.put(documents)
    return store
  }
  const ids = async (store: DocumentStore, query: string, limit = 10) =>
    (await store.search(query, limit, ALL_RIGHTS.documents)).map(({ id }) => id)

  t.test('keeps documents as they are, also over a restart', async (t) => {
    const odd = document(
      'a/line\nbreak "quoted".md',
      'Ünïcode 🙂 text\r\n\twith\u200b everything, 日本語 too\n',
      "O'Reilly <b>"
    )
    let store = await filled(t, [odd, document('b.md', '')])
    t.same(await store.find(odd.id), odd)
    t.same(
      await store.list(),
      new Map([odd, document('b.md', '')].map(({ id, modified, bytes }) => [id, { modified, bytes }]))
    )
    t.same(
      await store.titles(['b.md', 'none.md', odd.id, ...HOSTILE]),
      [
        { id: 'b.md', title: 'b.md' },
        { id: odd.id, title: odd.title }
      ],
      'titles in the order that was asked for'
    )
    t.same(await store.titles([]), [])
    t.equal(await store.count(), 2)
    t.equal(await store.find('a'), undefined)
    store = await under.reopen(store)
    t.teardown(() => store.close())
    t.same(await store.find(odd.id), odd)
    t.same(await ids(store, 'everything'), [odd.id])
  })

  t.test('put replaces and remove forgets, in the index as well', async (t) => {
    const store = await filled(t, [document('a.md', 'walnut'), document('b.md', 'walnut')])
    await store.put([{ ...document('a.md', 'hazelnut'), modified: 5, bytes: 6 }])
    t.same(await ids(store, 'walnut'), ['b.md'])
    t.same(await ids(store, 'hazelnut'), ['a.md'])
    t.same((await store.list()).get('a.md'), { modified: 5, bytes: 6 })
    await store.remove(['a.md', 'never-there.md'])
    t.same(await ids(store, 'hazelnut'), [])
    t.equal(await store.find('a.md'), undefined)
    t.equal(await store.count(), 1)
    await store.put([])
    await store.remove([])
    t.equal(await store.count(), 1)
  })

  t.test(
    'ranks by how much of the question a document answers, titles first, and needs no document to hold every word',
    async (t) => {
      const store = await filled(t, [
        document('other.md', 'The weather in spring. Refresh yourself at the lake.'),
        document(
          'guide.md',
          'Tokens expire. To rotate a refresh token, call the endpoint; each rotation revokes the token before it.'
        ),
        document('mention.md', `${'Nothing here is about that subject at all. '.repeat(20)} A token.`),
        document('title.md', 'Short text.', 'Deployment with containers'),
        document('body.md', 'This mentions deployment once among many, many other words and subjects.')
      ])
      t.equal((await ids(store, 'How do I rotate refresh tokens when they expire, in Kotlin?'))[0], 'guide.md')
      t.same(await ids(store, 'deployment'), ['title.md', 'body.md'])
      const hits = await store.search('tokens', 10, ALL_RIGHTS.documents)
      t.ok(hits.every(({ score }, index) => index === 0 || score <= hits[index - 1]!.score))
      t.equal((await store.search('token refresh', 1, ALL_RIGHTS.documents)).length, 1)
      t.same(await store.search('token', 0, ALL_RIGHTS.documents), [])
    }
  )

  t.test('finds other forms of a word, without regard to case and accents, and a file by its name', async (t) => {
    const store = await filled(t, [
      document('café.md', 'Configuring the CRÈME brûlée', 'Dessert'),
      document('ops/rate-limits_eu.md', 'Nothing that says so', 'Untitled')
    ])
    for (const query of ['configure', 'CONFIGURED', 'creme', 'brulee', 'cafe']) { t.same(await ids(store, query), ['café.md'], query) }
    for (const query of ['rate limits', 'rate-limits', 'ops', 'eu']) { t.same(await ids(store, query), ['ops/rate-limits_eu.md'], query) }
    t.same(await ids(store, 'md'), [], 'the ending is no word')
  })

  t.test('stop words count only when there is nothing else', async (t) => {
    const store = await filled(t, [
      document('hamlet.md', 'To be, or not to be'),
      document('nuts.md', 'A walnut is a nut')
    ])
    t.same(await ids(store, 'what is a walnut?'), ['nuts.md'])
    t.equal((await ids(store, 'to be or not to be'))[0], 'hamlet.md')
  })

  t.test('finds words of languages that write no spaces', async (t) => {
    const store = await filled(t, [
      document('ja.md', '東京都の天気は晴れです。データベースの接続設定を変更するには、環境変数を編集してください。'),
      document('zh.md', '如何在服务器上配置数据库连接？我们使用全文搜索引擎。'),
      document('th.md', 'การตั้งค่าฐานข้อมูลและการเข้าสู่ระบบ'),
      document('ko.md', '서버 설정 파일을 편집하세요'),
      document('en.md', 'Nothing of the kind')
    ])
    for (const query of ['データベース', '環境変数を編集', '東京', '天気はどうですか', '接続の設定']) { t.equal((await ids(store, query))[0], 'ja.md', query) }
    for (const query of ['数据库', '服务器', '怎么配置数据库？', '搜索引擎']) { t.equal((await ids(store, query))[0], 'zh.md', query) }
    t.equal((await ids(store, 'ฐานข้อมูล'))[0], 'th.md')
    t.equal((await ids(store, '설정'))[0], 'ko.md')
    t.match((await store.search('環境変数', 1, ALL_RIGHTS.documents))[0]?.snippet, /環境変数を編集/)
  })

  t.test('the snippet is a short line around the words that were found, however long the document is', async (t) => {
    const filler = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit.\n'.repeat(300)
    const store = await filled(t, [
      document('middle.md', `${filler}Signing  keys are\nrotated every month.\n${filler}`),
      document('huge.md', 'the walnut and the hazelnut '.repeat(100_000)),
      document('title.md', 'Only the title has it.', 'Pistachio')
    ])
    const [middle] = await store.search('rotating signing keys', 1, ALL_RIGHTS.documents)
    t.match(middle?.snippet, /^… .*Signing keys are rotated every month\..* …$/)
    const [huge] = await store.search('walnut hazelnut', 1, ALL_RIGHTS.documents)
    t.match(huge?.snippet, /walnut and the hazelnut/)
    for (const hit of [middle, huge]) t.ok(hit!.snippet.length < 300 && !hit!.snippet.includes('\n'))
    t.equal((await store.search('pistachio', 1, ALL_RIGHTS.documents))[0]?.snippet, 'Only the title has it.')
  })

  t.test('whatever is asked for is only words, and never a failure (TL-03, TL-06)', async (t) => {
    const store = await filled(t, [document('a.md', 'A word that says nothing')])
    for (const query of HOSTILE) {
      const label = JSON.stringify(query.slice(0, 30))
      t.ok(
        (await ids(store, query)).every((id) => id === 'a.md'),
        `search ${label}`
      )
      t.equal(await store.find(query), undefined, `find ${label}`)
      await store.remove([query])
    }
    t.same(await ids(store, 'word'), ['a.md'])
  })

  t.test('may be closed twice', async (t) => {
    const store = await under.open()
    await store.close()
    await t.resolves(store.close())
  })
}
