// Every tool as an assistant uses it: the official client in both protocol eras, signed in through the real pages, with
// real work for each, and the mistakes a model makes, answered so that it can correct them (MCP "Tools", error handling).
import t from 'tap'
import { asOwner, noPostgres, startPostgres } from '../helpers/postgres.ts'
import { asNewAccount, signInWith, v2Dialects } from '../helpers/sdk-client.ts'
import { startServer } from '../helpers/server.ts'
import { documents, LONG, PEOPLE, NO_SUCH } from './tools/contract.ts'
import { shop, callAll } from './tools/calls.ts'

const postgres = await startPostgres()
t.teardown(() => postgres?.stop())
for (const [storage, skip] of [
  ['SQLite', false],
  ['Postgres', postgres ? false : noPostgres]
] as const) {
  t.test(`documents and notes on ${storage}`, { skip }, async (t) => {
    const database: Record<string, string> =
      storage === 'Postgres'
        ? { DATABASE_URL: await asOwner(await postgres!.newDatabase(), PEOPLE), DATABASE_QUERY_AS: 'everyone' }
        : {}
    const server = await startServer(t, {
      env: { AUTH_BACKEND: 'local', DATABASE_FILES: await shop(t), ...database },
      documents
    })
    for (const [index, dialect] of v2Dialects.entries()) {
      await t.test(dialect.name, async (t) => {
        const { connect } = await signInWith(server.url, dialect, asNewAccount(`ann${index}@example.com`))
        const client = await connect()
        t.teardown(() => client.close())
        await callAll(t, client, storage === 'Postgres' ? ['postgres', 'shop'] : ['shop'])
      })
    }
  })
}

t.test('documents, notes and the catalogue of the databases are resources', async (t) => {
  const server = await startServer(t, { env: { AUTH_BACKEND: 'local', DATABASE_FILES: await shop(t) }, documents })
  for (const [index, dialect] of v2Dialects.entries()) {
    const { connect } = await signInWith(server.url, dialect, asNewAccount(`cy${index}@example.com`))
    const client = await connect()
    t.teardown(() => client.close())
    const { structuredContent } = await client.callTool({
      name: 'write',
      arguments: { title: 'Harbour', text: 'The harbour is *dredged* in May.' }
    })
    const { id } = structuredContent as { id: string }

    const { resourceTemplates } = await client.listResourceTemplates()
    t.same(resourceTemplates.map(({ uriTemplate }) => uriTemplate).sort(), [
      'database://{database}/tables/{+table}',
      'library://documents/{+id}',
      'note:{id}'
    ])
    const { resources } = await client.listResources()
    t.same(
      resources.map(({ uri }) => uri).sort(),
      [
        'database://catalogue',
        'database://shop/tables/orders',
        ...Object.keys(documents).map((name) => `library://documents/${name}`),
        id
      ].sort()
    )
    t.match(
      resources.find(({ uri }) => uri === id),
      { title: 'Harbour', mimeType: 'text/markdown' }
    )
    const read = async (uri: string) =>
      (await client.readResource({ uri })).contents[0] as { text: string; mimeType: string }
    t.match(await read(id), { text: 'The harbour is *dredged* in May.', mimeType: 'text/markdown' })
    t.equal((await read(`library://documents/${LONG}`)).text, documents[LONG], 'a long document as a whole')
    t.match(JSON.parse((await read('database://catalogue')).text), [
      { name: 'shop', kind: 'SQLite', tables: [{ name: 'orders', columns: [/^id /, /^total/, /^made/] }] }
    ])
    t.match(JSON.parse((await read('database://shop/tables/orders')).text), {
      database: 'shop',
      name: 'orders',
      columns: [/^id /, /^total/, /^made/]
    })
    for (const uri of [
      'database://shop/tables/order',
      'database://stores/tables/orders',
      'database://shop',
      'note:',
      NO_SUCH,
      'note:../x',
      'library://documents/../secret.md'
    ]) {
      await t.rejects(client.readResource({ uri }), { code: -32602, message: /There is no such resource/ }, uri)
    }
    const complete = async (uri: string, name: string, value: string) =>
      (await client.complete({ ref: { type: 'ref/resource', uri }, argument: { name, value } })).completion.values
    t.same(await complete('note:{id}', 'id', 'harb'), [id.slice(5)], 'by its title')
    t.same(await complete('note:{id}', 'id', id.slice(5, 10)), [id.slice(5)], 'by its id')
    t.same(await complete('database://{database}/tables/{+table}', 'database', 's'), ['shop'])
    t.same(await complete('database://{database}/tables/{+table}', 'table', 'o'), ['orders'])
    t.same(await complete('database://{database}/tables/{+table}', 'table', 'x'), [])
  }
})
