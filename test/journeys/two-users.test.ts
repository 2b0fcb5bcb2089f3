// Two people side by side on one server: neither ever sees anything of the other's notes, in any tool, resource,
// completion, prompt, error, cursor, page, cache or stream (MC-12, WB-12).
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import t, { type Test } from 'tap'
import { asOwner, noPostgres, startPostgres } from '../helpers/postgres.ts'
import { toldDialects } from '../helpers/sdk-client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import {
  type Person,
  NO_SUCH,
  hear,
  join,
  idsOf,
  raw,
  hidesAll,
  lookAround,
  takeNothing
} from './two-users/people.ts'

const EVERY_TOOL = [
  'analyze',
  'calculate',
  'database_query',
  'delete_note',
  'fetch',
  'generate',
  'list_notes',
  'search',
  'update_note',
  'write'
]

/** All pages of the resources, and the cursors between them. */
async function allResources ({ client }: Person, cursors: string[] = []) {
  const uris: string[] = []
  for (let cursor: string | undefined; ;) {
    const page = await client.listResources(cursor === undefined ? undefined : { cursor }, { cacheMode: 'bypass' })
    uris.push(...page.resources.map(({ uri }) => uri))
    if (page.nextCursor === undefined) return { uris, cursors }
    cursors.push((cursor = page.nextCursor))
  }
}

async function cursorsAndLists (t: Test, asker: Person, owner: Person) {
  const { uris, cursors } = await allResources(owner)
  t.same(
    uris.filter((uri) => uri.startsWith('note:')),
    idsOf(owner).reverse(),
    'each person has their own notes as resources'
  )
  t.ok(uris.includes('library://documents/tides.md'), 'beside the documents')
  for (const cursor of cursors) {
    hidesAll(
      t,
      await hear(asker.client.listResources({ cursor }, { cacheMode: 'bypass' })),
      owner,
      [],
      'a cursor of resources'
    )
  }
  const { structuredContent } = await owner.client.callTool({ name: 'list_notes', arguments: { limit: 1 } })
  const { next } = structuredContent as { next: string }
  hidesAll(
    t,
    await hear(asker.client.callTool({ name: 'list_notes', arguments: { cursor: next } })),
    owner,
    [],
    'a cursor of notes'
  )
}

/** Without the id that was asked for, and the number of the request. */
const withoutNames = (text: string, id: string) =>
  text.replaceAll(raw(id), 'ID').replace(/<dt>Request<\/dt><dd><code>[^<]*/, '')

async function pages (t: Test, server: TestServer, asker: Person, owner: Person) {
  const [note] = owner.notes
  t.match(await owner.browser.get(note!.url), { status: 200, text: new RegExp(owner.word) })
  const refused = await asker.browser.get(note!.url)
  const missing = await asker.browser.get(note!.url.replace(raw(note!.id), raw(NO_SUCH)))
  t.equal(refused.status, 404)
  t.equal(
    withoutNames(refused.text, note!.id),
    withoutNames(missing.text, NO_SUCH),
    'a page of it cannot be told from none'
  )
  for (const [person, other] of [
    [asker, owner],
    [owner, asker]
  ] as const) {
    const { status, text } = await person.browser.get(`${server.url}/account/notes.json`)
    t.equal(status, 200)
    t.match(text, person.word, 'the download has what is theirs')
    hidesAll(t, text, other, [], 'the download')
  }
}

/** @param wanted how often `uri` has been told. @throws after five seconds. */
async function until (told: string[], uri: string, wanted = 1) {
  for (let waited = 0; told.filter((other) => other === uri).length < wanted; waited += 10) {
    if (waited > 5_000) {
      throw new Error(
        `${uri} was told ${told.filter((other) => other === uri).length} of ${wanted} times: ${told.join(' ')}`
      )
    }
    await delay(10)
  }
}

async function subscribe ({ client }: Person, uris: string[], session: boolean) {
  if (session) for (const uri of uris) await client.subscribeResource({ uri })
  else await client.listen({ resourcesListChanged: true, resourceSubscriptions: uris })
}

async function streams (t: Test, asker: Person, owner: Person, session: boolean) {
  const [theirs, second] = idsOf(owner)
  const [own] = idsOf(asker)
  for (const person of [asker, owner]) {
    await subscribe(person, [theirs!, `library://documents/${theirs}`, second!, own!], session)
    // The stream is open once something has come through it.
    person.told.length = 0
  }
  const change = async ({ client }: Person, id: string, version: number) =>
    client.callTool({ name: 'update_note', arguments: { id, version, title: `Version ${version + 1}` } })
  await change(owner, theirs!, 1)
  await owner.client.callTool({ name: 'write', arguments: { id: second!, text: 'more' } })
  await owner.client.callTool({ name: 'delete_note', arguments: { id: theirs!, version: 2 } })
  await change(asker, own!, 1)
  await until(owner.told, theirs!, 2)
  await until(owner.told, second!)
  await until(owner.told, 'list', 2)
  await until(owner.told, `library://documents/${theirs}`, 2)
  await until(asker.told, own!)
  t.same(
    asker.told.filter((uri) => uri !== 'list'),
    [own],
    "a stream tells of one's own notes alone"
  )
  t.equal(asker.told.filter((uri) => uri === 'list').length, 1, 'and so does the list')
  t.notOk(owner.told.includes(own!))
}
const postgres = await startPostgres()
t.teardown(() => postgres?.stop())
for (const [storage, skip] of [
  ['SQLite', false],
  ['Postgres', postgres ? false : noPostgres]
] as const) {
  t.test(`notes on ${storage} (MC-12, WB-12)`, { skip }, async (t) => {
    const url =
      storage === 'Postgres'
        ? await asOwner(await postgres!.newDatabase(), 'CREATE TABLE boats (name text)')
        : undefined
    const server = await startServer(t, {
      env: { AUTH_BACKEND: 'local', ...(url && { DATABASE_URL: url, DATABASE_QUERY_AS: 'everyone' }) }
    })
    for (const [index, dialect] of toldDialects.entries()) {
      await t.test(dialect.name, async (t) => {
        const ann = await join(t, server, dialect, `ann${index}@example.com`, 'heliotropium')
        const bob = await join(t, server, dialect, `bob${index}@example.com`, 'quaggamire')
        const { tools } = await ann.client.listTools()
        t.same(
          tools.map(({ name }) => name).sort(),
          EVERY_TOOL.filter((name) => url || name !== 'database_query'),
          'each tool was thought of here'
        )
        for (const [asker, owner] of [
          [bob, ann],
          [ann, bob]
        ] as const) {
          await t.test('looking around', (t) => lookAround(t, asker, owner))
          await t.test('changing', (t) => takeNothing(t, asker, owner))
          await t.test('lists and cursors', (t) => cursorsAndLists(t, asker, owner))
          await t.test('pages', (t) => pages(t, server, asker, owner))
        }
        await t.test('streams', (t) => streams(t, bob, ann, index === 1))
        if (url) await t.test('database_query', (t) => notThroughSql(t, url, bob, ann))
      })
    }
  })
}

/** The notes lie in the same Postgres that database_query asks, with a role that could read them. */
async function notThroughSql (t: Test, url: string, asker: Person, owner: Person) {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  const { rows } = await admin.query<{ schema: string }>(
    "SELECT table_schema AS schema FROM information_schema.tables WHERE table_name = 'notes'"
  )
  await admin.end()
  const [{ schema }] = rows as [{ schema: string }]
  for (const sql of [
    `SELECT * FROM ${schema}.notes`,
    'SELECT * FROM notes',
    `SELECT (SELECT string_agg(text, ' ') FROM ${schema}.notes)`,
    `SELECT query_to_xml('SELECT * FROM ${schema}.notes', true, true, '')`,
    'SELECT * FROM pg_stats',
    'SELECT query FROM pg_stat_activity'
  ]) {
    const said = await hear(asker.client.callTool({ name: 'database_query', arguments: { sql } }))
    t.match(said, 'isError', sql)
    hidesAll(t, said, owner, [], sql)
  }
  for (const look of [
    () => asker.client.callTool({ name: 'database_query', arguments: {} }),
    () => asker.client.readResource({ uri: 'database://catalogue' })
  ]) {
    const said = await hear(look())
    t.notMatch(said, schema, 'the catalogue does not name them')
    hidesAll(t, said, owner, [], 'the catalogue')
  }
}
