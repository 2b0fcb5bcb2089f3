// fetch: documents by their id, long ones in parts, and no way out of the folder (threats TL-03, TL-06, TL-07).
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { ToolError, type ToolContext } from '../../authoring/tool.ts'
import fetchTool from '../../tools/fetch.ts'
import searchTool from '../../tools/search.ts'
import { toolContexts } from '../helpers/tool-context.ts'

const context = async (t: Test, files: Record<string, string>): Promise<ToolContext> =>
  (await toolContexts(t, files))(null)

t.test('fetch takes exactly one id and answers the document (H58)', async (t) => {
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

t.test('no id leads out of the folder (TL-06)', async (t) => {
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
