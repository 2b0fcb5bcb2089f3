// Every tool as an assistant uses it: the official client in both protocol eras, signed in through the real pages; real
// work with each, and for each the mistakes a model makes, answered so that it can mend them (MCP "Tools", error
// handling).
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Client } from '@modelcontextprotocol/client'
import t, { type Test } from 'tap'
import { asOwner, noPostgres, startPostgres } from '../helpers/postgres.ts'
import { asNewAccount, PASSWORD, signInWith, v2Dialects } from '../helpers/sdk-client.ts'
import { sampleDocuments, startServer } from '../helpers/server.ts'

type Result = Record<string, any>
/** Calls a tool that must work. */
type Use = (name: string, args: Record<string, unknown>) => Promise<Result>
/** Arguments, and what the answer must name: the argument that is wrong, or what to do instead. */
type Mistake = [args: Record<string, unknown>, says: RegExp]
/** `right`: arguments that are right, for an attack to spoil. @param databases that there are for database_query. */
interface Case {
  right: Record<string, unknown>
  use(t: Test, use: Use, databases: string[]): Promise<void>
  mistakes: Mistake[]
}

/** Nothing of the inside may stand in an answer: no stack, no path, no engine's own error, no secret. */
const INSIDE =
  /at .+\.ts:\d|node:internal|node_modules|\/(?:tmp|var|home|usr|work|root)\/|SQLITE_|SQLSTATE|ZodError|fault in this server|mcp_(?:at|rt)_|\$argon2/
/** Whatever is wrong, the answer says what to write instead. */
const GUIDES =
  /expected|\b(?:add|write|give|pass|call|calculate|leave|correct|use|ask|put|say|complete|translate|check|take out|make it)\b|only one SELECT|the usual functions|an expression has|is an object, such as/i

const HOSTILE = [
  '\0',
  '\u2028\u202e',
  "'; DROP TABLE notes; --",
  '../../../../etc/passwd',
  'file:///etc/passwd',
  '{{constructor.constructor("return process")()}}',
  '__proto__',
  '%00',
  '<script>alert(1)</script>',
  'http://127.0.0.1:1/'
]
const LONG = 'handbook.md'
const PEOPLE = "CREATE TABLE people (name text, age integer); INSERT INTO people VALUES ('Ann', 40), ('Bob', 20)"
const NO_SUCH = 'note:AAAAAAAAAAAAAAAA'

/**
 * The mistakes with one required text that are the same for every tool: left out, of a wrong type, empty, too long, and
 * beside something unknown.
 */
const textMistakes = (name: string, longest: number, rest: Record<string, unknown> = {}): Mistake[] => [
  [rest, new RegExp(`- ${name}: .*expected string`)],
  ...[null, 7, true, ['x'], { $ne: '' }].map((value): Mistake => [
    { ...rest, [name]: value },
    new RegExp(`- ${name}: .*expected string`)
  ]),
  [{ ...rest, [name]: '' }, new RegExp(`- ${name}: .*>=1 char`)],
  [{ ...rest, [name]: 'x'.repeat(longest + 1) }, new RegExp(`- ${name}: .*(?:<=${longest}|at most ${longest}) char`)],
  [{ ...rest, [name]: 'x', nmae: 'x' }, /"nmae"[\s\S]*Its arguments are/]
]
const versionMistakes: Mistake[] = [
  [{ id: NO_SUCH, text: 'x' }, /- version: .*expected number/],
  ...['1', null, 1.5, 0, -1, Infinity].map((version): Mistake => [{ id: NO_SUCH, version, text: 'x' }, /- version: /])
]

const cases: Record<string, Case> = {
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
  },
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
      [{ page: 2 }, /"page"[\s\S]*limit \(integer\), cursor \(string\)/],
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
      [{ id: NO_SUCH, version: 1 }, /give text, title or both/],
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
  },
  calculate: {
    right: { expression: '1' },
    async use (t, use) {
      t.match(await use('calculate', { expression: '2 + 3 * 4' }), { result: '14', exact: true })
      t.match(await use('calculate', { expression: '0.1 + 0.2' }), { result: '0.3', exact: true })
      t.match(await use('calculate', { expression: '100 km/h to m/s' }), { unit: 'm/s', value: /^27\.77/ })
      t.match(await use('calculate', { expression: '15% of 80' }), { result: '12' })
      t.match(await use('calculate', { expression: '2^200' }), { result: String(2n ** 200n) })
    },
    mistakes: [
      ...textMistakes('expression', 1_000),
      ...[
        'process.exit()',
        'constructor.constructor("return 1")()',
        'require("fs")',
        '`x`',
        'x = 1',
        '[].map',
        '\\u0065val(1)',
        'this',
        'import("os")',
        '=>',
        '__proto__'
      ].map((expression): Mistake => [
        { expression },
        /cannot be read|is not known|no function|should stand|operator|variables/
      ]),
      [{ expression: '1 / 0' }, /divides by zero/],
      [{ expression: '2 +' }, /ends where a number should follow/],
      [{ expression: '(1' }, /\)/],
      [{ expression: '3 km + 2 kg' }, /measure different things/],
      [{ expression: '9^9^9^9' }, /too large|too much work/],
      [{ expression: '('.repeat(500) }, /nested deeper/],
      [{ expression: 'sqrt(1, 2)' }, /sqrt\(x\).*2 arguments/],
      [{ expression: '5 EUR to USD' }, /EUR/]
    ]
  },
  analyze: {
    right: { kind: 'summary', text: 'One. Two.' },
    async use (t, use) {
      t.match(
        await use('analyze', { kind: 'sentiment', text: 'This is a wonderful, excellent and lovely day. I am happy.' }),
        { sentiment: { label: 'positive', strongest: [{ text: String }] } }
      )
      const text =
        'Tides follow the moon. The moon pulls the sea, and the sea rises. A spring tide comes when the moon and the sun pull together. Fishermen eat bread.'
      const { summary } = await use('analyze', { kind: 'summary', text, sentences: 2 })
      t.equal(summary.of, 4)
      for (const { start, text: sentence } of summary.sentences) {
        t.equal(text.slice(start, start + sentence.length), sentence, 'taken from the text, where it says')
      }
      t.match(await use('analyze', { kind: 'statistics', text: 'a,b\n1,2\n3,4\n5,9' }), {
        columns: [
          { name: 'a', mean: 3, median: 3 },
          { name: 'b', sum: 15 }
        ]
      })
      t.match(await use('analyze', { kind: 'statistics', text }), { text: { sentences: 4, readingEase: Number } })
    },
    mistakes: [
      ...textMistakes('text', 100_000, { kind: 'summary' }),
      [{ text: 'x' }, /- kind: .*"sentiment"\|"summary"\|"statistics"/],
      [{ kind: 'mood', text: 'x' }, /- kind: .*"sentiment"\|"summary"\|"statistics"/],
      ...[0, 21, 2.5, '3', null].map((sentences): Mistake => [
        { kind: 'summary', text: 'x', sentences },
        /- sentences: /
      ]),
      [
        { kind: 'sentiment', text: 'Das Wetter ist heute leider sehr schlecht und wir bleiben zu Hause.' },
        /English only.*Translate it first/
      ],
      [{ kind: 'summary', text: 'x'.repeat(20_000) }, /word of more than/]
    ]
  },
  generate: {
    right: { kind: 'text', template: 'x' },
    async use (t, use) {
      const schema = JSON.stringify({
        type: 'object',
        properties: { name: { type: 'string' }, age: { type: 'integer', minimum: 0, maximum: 120 } },
        required: ['name', 'age']
      })
      const made = await use('generate', { kind: 'json', schema, count: 3, seed: 5 })
      t.match(made['data'], [{ name: String, age: Number }, {}, {}])
      t.same(
        (await use('generate', { kind: 'json', schema, count: 3, seed: 5 }))['data'],
        made['data'],
        'the same seed, the same data'
      )
      t.match(
        await use('generate', {
          kind: 'code',
          example: '{"id": 1, "name": "Ann"}',
          language: 'typescript',
          name: 'Person'
        }),
        { text: /interface Person[\s\S]*name: +string/ }
      )
      t.match(await use('generate', { kind: 'text', template: 'Dear {{name}}', values: { name: 'Ann' } }), {
        text: 'Dear Ann'
      })
      t.match(await use('generate', { kind: 'text', paragraphs: 2 }), { text: String })
    },
    mistakes: [
      [{}, /- kind: .*"json"\|"code"\|"text"/],
      [{ kind: 'poem' }, /- kind: .*"json"\|"code"\|"text"/],
      [{ kind: 'json' }, /either a schema or an example/],
      [{ kind: 'json', schema: '{}', example: '{}' }, /either a schema or an example/],
      [{ kind: 'json', schema: '{' }, /schema is no JSON/],
      [{ kind: 'json', schema: { type: 'object' } }, /- schema: .*expected string/],
      [{ kind: 'json', schema: '"x"' }, /A JSON Schema is an object/],
      [{ kind: 'json', schema: '{"$ref": "http://127.0.0.1:1/x"}' }, /\$ref may point inside/],
      [{ kind: 'json', schema: '{"type": "string", "minLength": 9, "maxLength": 1}' }, /simpler|contradict/],
      [{ kind: 'json', example: 'x'.repeat(50_001) }, /- example: .*50000/],
      ...[0, 101, 1.5, '3'].map((count): Mistake => [{ kind: 'json', example: '{}', count }, /- count: /]),
      [{ kind: 'json', example: '{}', seed: -1 }, /- seed: /],
      [{ kind: 'code', example: '{}', language: 'klingon' }, /- language: .*"typescript"/],
      [{ kind: 'code', example: '{}', name: '1; rm -rf' }, /- name: write a name of letters/],
      [{ kind: 'text' }, /Pass a template.*or the number of paragraphs/],
      [{ kind: 'text', template: '{{name}}' }, /without a value: name/],
      [{ kind: 'text', paragraphs: 51 }, /- paragraphs: /],
      [{ kind: 'text', template: '{{a}}', values: { a: { b: 1 } } }, /- values\.a: /],
      [{ kind: 'text', template: '{{__proto__}}{{constructor}}' }, /without a value/],
      [{ kind: 'text', prompt: 'A poem about tides' }, /has no language model, so leave the prompt out/],
      [{ kind: 'text', prompt: 7 }, /- prompt: .*expected string/],
      [{ kind: 'text', text: 'x' }, /"text"[\s\S]*Its arguments are/]
    ]
  },
  database_query: {
    right: { database: 'shop', sql: 'SELECT 1' },
    async use (t, use, expected) {
      const { databases } = await use('database_query', {})
      t.same(
        databases.map(({ name }: Result) => name),
        expected
      )
      t.match(
        databases.find(({ name }: Result) => name === 'shop'),
        { kind: 'SQLite', tables: [{ name: 'orders', columns: [/^id/, /^total/] }] }
      )
      const sum = await use('database_query', {
        database: 'shop',
        sql: 'SELECT sum(total) AS sum FROM orders WHERE total > ?',
        parameters: [2]
      })
      t.match(sum, { database: 'shop', columns: [{ name: 'sum' }], rows: [[15.5]], rowCount: 1 })
      for (const text of HOSTILE) {
        t.same(
          (
            await use('database_query', {
              database: 'shop',
              sql: 'SELECT count(*) FROM orders WHERE made = ?',
              parameters: [text]
            })
          )['rows'],
          [[0]],
          'a parameter is never SQL'
        )
      }
      if (expected.includes('postgres')) {
        t.match(
          await use('database_query', {
            database: 'postgres',
            sql: 'SELECT name FROM public.people WHERE age > $1',
            parameters: [30]
          }),
          { rows: [['Ann']] }
        )
      }
    },
    mistakes: [
      ...[7, null, ['x'], {}].map((sql): Mistake => [{ sql }, /- sql: .*expected string/]),
      [{ sql: '' }, /- sql: /],
      [{ sql: 'x'.repeat(5_001) }, /- sql: .*5000/],
      [{ sql: 'SELECT 1', database: 'shop', parameters: 'x' }, /- parameters: .*expected array/],
      [{ sql: 'SELECT 1', database: 'shop', parameters: [{}] }, /- parameters\.0: /],
      [{ sql: 'SELECT ?', database: 'shop' }, /parameter/],
      ...[0, 501, 1.5, '9'].map((limit): Mistake => [{ sql: 'SELECT 1', database: 'shop', limit }, /- limit: /]),
      [{ sql: 'SELECT 1', database: 'stores' }, /no database of that name\. Pass one of these.*shop/],
      [{ tables: ['order'], database: 'shop' }, /no table order here\. Did you mean orders/],
      [{ tables: 'orders' }, /- tables: .*expected array/],
      [{ query: 'SELECT 1' }, /"query"[\s\S]*sql \(string\)/],
      [{ database: 'shop', sql: 'SELECT * FROM order_s' }, /no table order_s.*orders/],
      [{ database: 'shop', sql: 'SELECT totl FROM orders' }, /no column totl.*total/],
      [{ database: 'shop', sql: 'SELEC 1' }, /no valid SQL/],
      [{ database: 'shop', sql: 'SELECT 1; SELECT 2' }, /one/i],
      ...[
        'DELETE FROM orders',
        'DROP TABLE orders',
        "ATTACH '/tmp/x' AS x",
        'PRAGMA user_version = 1',
        "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')"
      ].map((sql): Mistake => [{ database: 'shop', sql }, /only reads|read|not offered|SELECT/i])
    ]
  }
}

const filler = 'The keeper walks along the beach and looks at the water for a while.\n'.repeat(2_000)
const documents: Record<string, string> = {
  ...sampleDocuments,
  'ja.md': '# 海\n\n今日は潮汐の話をします。\n',
  [LONG]: `# Handbook\n${filler}The quokka is kept by Zelda.\n${filler}`
}

async function shop (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-shop-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const db = new DatabaseSync(join(folder, 'shop.db'))
  db.exec(
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL, made TEXT); INSERT INTO orders VALUES (1, 12.5, '2026-01-02'), (2, 3, '2026-02-03'), (3, 1, '2026-03-04')"
  )
  db.close()
  return join(folder, 'shop.db')
}

/** A line of a test report: in ASCII, and not longer than a line. */
const label = (...parts: unknown[]): string =>
  parts
    .map((part) =>
      JSON.stringify(part)
        .replaceAll(/[^ -~]/g, '?')
        .slice(0, 120)
    )
    .join(' ')

async function callAll (t: Test, client: Client, databases: string[]) {
  const { tools } = await client.listTools()
  t.same(
    tools.map(({ name }) => name).sort(),
    Object.keys(cases).sort(),
    'every tool that is offered has its case here, and no other'
  )
  const call = async (name: string, args: Record<string, unknown>) => {
    const result = (await client.callTool({ name, arguments: args })) as {
      isError?: boolean
      content: Array<{ type: string; text: string }>
      structuredContent?: Result
    }
    return { ...result, said: result.content.map(({ text }) => text).join('\n') }
  }
  for (const [name, { use, mistakes }] of Object.entries(cases)) {
    await t.test(`${name}: at work`, async (t) => {
      await use(
        t,
        async (name, args) => {
          const { isError, structuredContent, said } = await call(name, args)
          t.notOk(isError, label(name, args, said))
          t.notMatch(said, /mcp_(?:at|rt)_|\$argon2/, 'TL-08: no token and no hash')
          t.same(JSON.parse(said), structuredContent, 'the text says the same as the structure')
          return structuredContent!
        },
        databases
      )
    })
    await t.test(`${name}: ${mistakes.length} mistakes, each answered so that a model can mend it`, async (t) => {
      for (const [args, says] of mistakes) {
        const { isError, said } = await call(name, args)
        const about = label(args, said)
        t.equal(isError, true, about)
        t.match(said, says, about)
        t.match(said, GUIDES, about)
        t.notMatch(said, INSIDE, about)
        t.ok(said.length < 2_000, `short enough to be read: ${about}`)
      }
    })
  }
}

/** Of any type and length, for every argument of every tool. */
const ODD: unknown[] = [
  null,
  true,
  0,
  -1,
  1e300,
  [],
  {},
  [[[]]],
  { $gt: '' },
  { __proto__: null },
  '',
  ' ',
  '\0',
  '\ud800',
  '\udfff\ud800',
  'x'.repeat(20_000),
  '\u202e',
  '🙂'.repeat(5_000),
  '%s%n',
  '#{7*7}',
  '\r\nSet-Cookie: x=y'
]
const loopbackUrls = (port: number): string[] =>
  [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    'user@127.0.0.1',
    'localhost.'
  ].map((host) => `http://${host}:${port}/canary`)

/**
 * Every argument of every tool, one after the other, with each of these values beside what is right.
 * @returns all that was answered.
 */
async function spoil (t: Test, client: Client, values: unknown[]): Promise<string[]> {
  const said: string[] = []
  for (const { name, inputSchema } of (await client.listTools()).tools) {
    for (const argument of Object.keys(inputSchema.properties ?? {})) {
      for (const value of values) {
        const result = await client.callTool({ name, arguments: { ...cases[name]!.right, [argument]: value } })
        const text = JSON.stringify(result)
        if (INSIDE.test(text.replaceAll(JSON.stringify(value).slice(1, -1), ''))) {
          t.fail(label(name, argument, value, text))
        }
        said.push(text)
      }
    }
    t.pass(name)
  }
  return said
}

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

t.test('every argument of every tool, spoilt in every way', async (t) => {
  let visits = 0
  const canary = createServer((_request, response) => {
    visits++
    response.end()
  }).listen(0)
  t.teardown(() => {
    canary.closeAllConnections()
    canary.close()
  })
  await once(canary, 'listening')
  const { port } = canary.address() as AddressInfo

  const secrets = {
    SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A',
    METRICS_TOKEN: 'metrics-0123456789abcdefghijklmnopqrstuv'
  }
  const server = await startServer(t, {
    env: { AUTH_BACKEND: 'local', DATABASE_FILES: await shop(t), ...secrets },
    documents
  })
  const { connect, keychain } = await signInWith(server.url, v2Dialects[0], asNewAccount('dee@example.com'))
  const client = await connect()
  t.teardown(() => client.close())

  const said: string[] = []
  await t.test('TL-03: of a wrong type, odd or long: a result, refused or not, and never a fault', async (t) => {
    said.push(...(await spoil(t, client, ODD)))
  })
  await t.test('TL-07: addresses of this computer are never visited', async (t) => {
    said.push(...(await spoil(t, client, loopbackUrls(port))))
    t.equal(visits, 0)
    await fetch(`http://127.0.0.1:${port}/`)
    t.equal(visits, 1, 'and the canary does sing')
  })
  await t.test('TL-08: no answer holds a token, a key or a hash', async (t) => {
    const { access_token: access, refresh_token: refresh } = keychain.kept!
    const hidden = [access, refresh!, ...Object.values(secrets), PASSWORD, server.dataDir].flatMap((secret) => [
      secret,
      createHash('sha256').update(secret).digest('hex'),
      createHash('sha256').update(secret).digest('base64url')
    ])
    t.same(
      said.filter((text) => hidden.some((secret) => text.includes(secret)) || /\$argon2|mcp_(?:at|rt)_/.test(text)),
      []
    )
  })
  await t.test('TL-09: 200 calls at once, of every tool: each is answered, and the server lives', async (t) => {
    const names = Object.keys(cases)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        client.callTool({ name: names[index % names.length]!, arguments: cases[names[index % names.length]!]!.right })
      )
    )
    t.equal(answers.length, 200)
    t.same(
      answers.filter(
        ({ isError, content }) => isError && !/There is no note|busy with other work/.test(JSON.stringify(content))
      ),
      [],
      'refused only where it should be'
    )
    t.match(await client.callTool({ name: 'calculate', arguments: { expression: '6 * 7' } }), {
      structuredContent: { result: '42' }
    })
  })
})
