// The tools: the shapes ChatGPT asks of search and fetch, what hostile arguments lead to, long documents, and what the
// loader refuses.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { ToolError, type Tool, type ToolContext } from '../authoring/tool.ts'
import fetchTool from '../tools/fetch.ts'
import { loadOffer } from '../authoring/loader/load.ts'
import searchTool from '../tools/search.ts'
import { folder, toolContexts } from './helpers/tool-context.ts'

const TOOLS = new URL('../tools/', import.meta.url)

const context = async (t: Test, files: Record<string, string>): Promise<ToolContext> =>
  (await toolContexts(t, files))(null)

t.test('H57: search takes exactly one query and answers ids, titles and absolute URLs', async (t) => {
  const schema = z.toJSONSchema(searchTool.input, { io: 'input' })
  t.match(schema, { properties: { query: { type: 'string' } }, required: ['query'], additionalProperties: false })
  t.same(Object.keys(schema.properties!), ['query'])
  const result = await searchTool.run(
    { query: 'walnuts' },
    await context(t, { 'a b.md': '# Walnut\ntree', 'other.md': 'almond' })
  )
  t.same(result, { results: [{ id: 'a b.md', title: 'Walnut', url: 'https://mcp.example/documents/a%20b.md' }] })
  t.ok(searchTool.output.safeParse(result).success)
  t.notOk(searchTool.output.safeParse({ results: [{ ...result.results[0], snippet: 'x' }] }).success)
})

t.test('H57: no match is an empty list, and at most ten come back', async (t) => {
  const tool = await context(t, Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`${index}.md`, 'walnut'])))
  t.same(await searchTool.run({ query: 'zebra' }, tool), { results: [] })
  t.same(await searchTool.run({ query: ' \n?!' }, tool), { results: [] })
  t.equal((await searchTool.run({ query: 'walnut' }, tool)).results.length, 10)
})

t.test('search stops when the client has gone', async (t) => {
  const tool = await context(t, { 'a.md': 'walnut' })
  await t.rejects(searchTool.run({ query: 'walnut' }, { ...tool, signal: AbortSignal.abort() }), { name: 'AbortError' })
})

t.test('H58: fetch takes exactly one id and answers the document', async (t) => {
  const schema = z.toJSONSchema(fetchTool.input, { io: 'input' })
  t.match(schema, { properties: { id: { type: 'string' } }, required: ['id'], additionalProperties: false })
  t.same(Object.keys(schema.properties!), ['id'])
  const result = await fetchTool.run({ id: 'a.md' }, await context(t, { 'a.md': '# Walnut\ntree' }))
  t.match(result, {
    id: 'a.md',
    title: 'Walnut',
    text: '# Walnut\ntree',
    url: 'https://mcp.example/documents/a.md',
    metadata: { type: 'text/markdown' }
  })
  t.same(Object.keys(result).sort(), ['id', 'metadata', 'text', 'title', 'url'])
  t.ok(fetchTool.output.safeParse(result).success)
})

t.test('H50, pain 18: both only read, and say so', async (t) => {
  for (const tool of [searchTool, fetchTool]) {
    t.same(tool.annotations, { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true })
    t.same(tool.scopes, ['mcp:read'])
  }
})

t.test('H52: the definitions of all tools stay small', async (t) => {
  const definitions = (await loadOffer([TOOLS])).tools.map(
    ({ name, title, description, input, output, annotations }) => ({
      name,
      title,
      description,
      annotations,
      inputSchema: z.toJSONSchema(input),
      outputSchema: output && z.toJSONSchema(output)
    })
  )
  t.ok(JSON.stringify(definitions).length < 20_000, 'about 5,000 tokens')
})

t.test('fetch hands out a long document in parts that join to the whole', async (t) => {
  const lines = Array.from({ length: 9_000 }, (_, index) => `Line ${index} of a long document 🙂\n`).join('')
  const tool = await context(t, { 'long.md': lines, 'dense.txt': '🙂'.repeat(120_000), 'short.md': 'short' })
  for (const [id, text, parts] of [
    ['long.md', lines, 6],
    ['dense.txt', '🙂'.repeat(120_000), 8]
  ] as const) {
    let next: string | undefined = id
    let whole = ''
    let count = 0
    while (next !== undefined) {
      const part: Awaited<ReturnType<typeof fetchTool.run>> = await fetchTool.run({ id: next }, tool)
      t.ok(Buffer.byteLength(part.text) <= 60_300, 'within what clients take')
      t.ok(part.text.isWellFormed(), 'no character is cut in two')
      t.equal(part.id, next)
      t.equal(part.url, `https://mcp.example/documents/${id}`)
      count++
      t.match(part.metadata, { part: String(count), parts: String(parts) })
      next = part.metadata?.['next']
      t.match(part.text, next === undefined ? 'This is the last part.' : `call fetch with the id "${next}"`)
      whole += part.text.replace(/\n\n\[Part [^\n]*\]$/, '')
    }
    t.equal(count, parts, id)
    t.ok(whole === text, 'the parts join to the document')
  }
  t.equal((await fetchTool.run({ id: 'short.md#part=1' }, tool)).text, 'short')
  for (const id of ['short.md#part=2', 'short.md#part=0', 'long.md#part=7']) { await t.rejects(fetchTool.run({ id }, tool), ToolError, id) }
})

t.test('search names the part of a long document that answers, and fetch opens it there', async (t) => {
  const filler = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit.\n'.repeat(3_000)
  const tool = await context(t, { 'long.md': `# Handbook\n${filler}The walnut is cracked with a hammer.\n${filler}` })
  const {
    results: [hit, ...others]
  } = await searchTool.run({ query: 'How is a walnut cracked?' }, tool)
  t.match(hit, {
    id: /^long\.md#part=3$/,
    title: 'Handbook (part 3 of 6)',
    url: 'https://mcp.example/documents/long.md'
  })
  t.same(others, [], 'each document once')
  t.match(await fetchTool.run({ id: hit!.id }, tool), {
    id: hit!.id,
    title: 'Handbook',
    text: /The walnut is cracked with a hammer/
  })
  t.equal(
    (await tool.library.fetch('long.md'))?.text.length,
    2 * filler.length + 48,
    'without a part a tool gets the whole'
  )
})

t.test('an unknown id tells the model to search first', async (t) => {
  await t.rejects(fetchTool.run({ id: 'nothing.md' }, await context(t, {})), {
    name: 'ToolError',
    message: /Call search first/
  })
})

t.test('TL-06: no id leads out of the folder', async (t) => {
  const tool = await context(t, { 'a.md': 'walnut' })
  const secret = join('..', 'secret.md')
  const ids = [
    '../../etc/passwd',
    '../../../../../../etc/passwd',
    '/etc/passwd',
    'file:///etc/passwd',
    secret,
    `./${secret}`,
    `a.md/../${secret}`,
    '..\\..\\etc\\passwd',
    '..%2f..%2fetc%2fpasswd',
    '%2e%2e/%2e%2e/etc/passwd',
    '..%252f..%252fetc%252fpasswd',
    '%2e%2e%2fsecret.md',
    '..%c0%af..%c0%afetc/passwd',
    '....//....//etc/passwd',
    '\u2025/secret.md',
    '．．/secret.md',
    'a.md\0',
    'a.md\0.txt',
    '/etc/passwd\0.md',
    '\0',
    '~/.ssh/id_rsa',
    '/proc/self/environ',
    'C:\\Windows\\win.ini',
    '\\\\host\\share\\x.md',
    '.',
    '..',
    './a.md',
    '/a.md',
    'A.MD',
    'a.md/',
    ' a.md',
    '../'.repeat(1_000) + 'etc/passwd',
    '/'.repeat(4_999),
    '\ud800',
    '__proto__',
    'constructor',
    "' OR 1=1 --",
    '%',
    '*'
  ]
  for (const id of ids) await t.rejects(fetchTool.run({ id }, tool), ToolError, JSON.stringify(id.slice(0, 40)))
  t.notOk(fetchTool.input.safeParse({ id: '/'.repeat(20_000) }).success, '20,000 slashes')
  t.same(await searchTool.run({ query: 'hippopotamus' }, tool), { results: [] })
})

t.test('TL-03, TL-07: wrong types and long strings are refused, and odd strings are only words', async (t) => {
  for (const value of [undefined, null, 0, true, [], {}, ['a'], '', 'x'.repeat(20_000)]) {
    t.notOk(searchTool.input.safeParse({ query: value }).success)
    t.notOk(fetchTool.input.safeParse({ id: value }).success)
  }
  t.notOk(searchTool.input.safeParse({ query: 'a', more: 1 }).success)
  t.notOk(fetchTool.input.safeParse({ id: 'a', more: 1 }).success)
  const tool = await context(t, { 'a.md': '# Walnut' })
  for (const odd of [
    '\0',
    '\ud800',
    'http://127.0.0.1:1/',
    'http://[::1]/',
    'http://0x7f.1/',
    'http://localhost:1/a.md',
    '"',
    'NEAR(',
    'a" OR "b'
  ]) {
    t.same(await searchTool.run({ query: odd }, tool), { results: [] }, JSON.stringify(odd))
    await t.rejects(fetchTool.run({ id: odd }, tool), ToolError)
  }
})

t.test('TL-09: 200 calls at once are all answered', async (t) => {
  const tool = await context(t, { 'a.md': 'walnut' })
  const answers = await Promise.all(Array.from({ length: 200 }, () => searchTool.run({ query: 'walnut' }, tool)))
  t.ok(answers.every(({ results }) => results.length === 1))
})

t.test('the loader finds the tools of this server, and helpers beside them are no tools', async (t) => {
  const tools = (await loadOffer([TOOLS])).tools
  const names = tools.map(({ name }) => name)
  t.same(names, [...names].sort())
  t.ok(names.includes('search') && names.includes('fetch'))
  t.same((await loadOffer([new URL('../tools', import.meta.url)])).tools, tools, 'with or without a slash at the end')
})

/** A folder of tool files; `contract` stands for the import of zod and defineTool. */
async function toolFolder (t: Test, files: Record<string, string>): Promise<URL> {
  const place = await folder(t)
  const imports = `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}\nimport { defineTool } from ${JSON.stringify(new URL('../authoring/tool.ts', TOOLS).href)}\n`
  for (const [name, source] of Object.entries(files)) await writeFile(join(place, name), imports + source)
  return pathToFileURL(place)
}

const tool = (overrides = '') => `export default defineTool({
  name: 'good', title: 'Good', description: 'A tool.', input: z.object({}), output: z.object({ done: z.boolean() }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }, scopes: ['mcp:read'],
  run: async () => ({ done: true }), ${overrides} })`

t.test('the loader takes what is dropped into the folder, sorted by name', async (t) => {
  const place = await toolFolder(t, {
    'a.ts': tool("name: 'zeta'"),
    'z #1.ts': tool("name: 'alpha'"),
    'helper.ts': 'export const help = 1',
    'types.d.ts': 'export default 1',
    'notes.md': 'no tool'
  })
  t.same(
    (await loadOffer([place])).tools.map(({ name }) => name),
    ['alpha', 'zeta']
  )
  t.same((await loadOffer([await toolFolder(t, {})])).tools, [])
})

t.test('pains 18 and 19: the loader says everything that is wrong, with every file, at once', async (t) => {
  const place = await toolFolder(t, {
    'a-good.ts': tool(),
    'annotations.ts': tool("name: 'c', annotations: undefined"),
    'broken.ts': 'export default {{{',
    'date.ts': tool("name: 'd', input: z.object({ when: z.date() }), output: z.object({ big: z.bigint() })"),
    'duplicate.ts': tool(),
    'empty.ts': tool("name: 'e', title: ' ', description: ''"),
    'hints.ts': tool("name: 'h', annotations: { readOnlyHint: true, idempotentHint: 'yes' }"),
    'name.ts': tool("name: 'has space'"),
    'nothing.ts': 'export default null',
    'number.ts': 'export default 42',
    'run.ts': tool("name: 'r', run: undefined"),
    'scopes.ts': tool("name: 's', scopes: ['mcp:admin']"),
    'opens.ts': tool("name: 'o', env: { KEY: z.string() }"),
    'schema.ts': tool("name: 'x', input: z.string(), output: { type: 'object' }"),
    'throws.ts': 'throw new Error("no key")',
    'unscoped.ts': tool("name: 'u', scopes: []")
  })
  const { message } = await loadOffer([place]).then(
    () => t.fail('should refuse'),
    (error) => error
  )
  const expected = [
    /annotations\.ts: annotations must be an object/,
    /broken\.ts: it could not be loaded: /,
    /date\.ts: input cannot be written as JSON Schema/,
    /date\.ts: output cannot be written as JSON Schema/,
    /duplicate\.ts: the name "good" is taken by a-good\.ts/,
    /empty\.ts: title must not be empty/,
    /empty\.ts: description must not be empty/,
    /hints\.ts: annotations\.destructiveHint must be true or false/,
    /hints\.ts: annotations\.openWorldHint must be/,
    /hints\.ts: annotations\.idempotentHint must be/,
    /name\.ts: name must be 1 to 64/,
    /nothing\.ts: the default export must be made with defineTool/,
    /number\.ts: the default export must be made with defineTool/,
    /run\.ts: run must be a function/,
    /scopes\.ts: scopes must name/,
    /opens\.ts: env must be a zod object/,
    /opens\.ts: open must be a function/,
    /opens\.ts: run must not stand beside/,
    /schema\.ts: input must be a zod object/,
    /schema\.ts: output must be a zod object/,
    /throws\.ts: it could not be loaded: no key/,
    /unscoped\.ts: scopes must name/
  ]
  for (const line of expected) t.match(message, line)
  t.equal(message.split('\n  - ').length - 1, expected.length, message)
})

t.test('the guide to adding a tool shows a tool that loads and runs', async (t) => {
  const guide = await readFile(new URL('../docs/adding-a-tool.md', import.meta.url), 'utf8')
  const source = /```ts\n([\s\S]*?)```/
    .exec(guide)![1]!
    .replace("from 'zod'", `from ${JSON.stringify(import.meta.resolve('zod'))}`)
    .replace("'../authoring/tool.ts'", JSON.stringify(new URL('../authoring/tool.ts', TOOLS).href))
  const place = await folder(t)
  await writeFile(join(place, 'count-words.ts'), source)
  const [countWords] = (await loadOffer([pathToFileURL(place)])).tools as Tool[]
  const tool = await context(t, { 'a.md': 'one two  three' })
  t.same(await countWords!.run({ id: 'a.md' }, tool), { words: 3 })
  await t.rejects(countWords!.run({ id: 'none.md' }, tool), ToolError)
})
