// search: the shape that ChatGPT expects, bounded results, and odd words that stay words (threats TL-03, TL-07, TL-09).
import t, { type Test } from 'tap'
import { z } from 'zod'
import { ToolError, type ToolContext } from '../../authoring/tool.ts'
import fetchTool from '../../tools/fetch.ts'
import searchTool from '../../tools/search.ts'
import { toolContexts } from '../helpers/tool-context.ts'

const context = async (t: Test, files: Record<string, string>): Promise<ToolContext> =>
  (await toolContexts(t, files))(null)

t.test('search takes exactly one query and answers ids, titles, absolute URLs and passages (H57)', async (t) => {
  const schema = z.toJSONSchema(searchTool.input, { io: 'input' })
  t.match(schema, { properties: { query: { type: 'string' } }, required: ['query'], additionalProperties: false })
  t.same(Object.keys(schema.properties!), ['query'])
  const result = await searchTool.run(
    { query: 'walnuts' },
    await context(t, { 'a b.md': '# Walnut\ntree', 'other.md': 'almond' })
  )
  t.same(result, { results: [{ id: 'a b.md', title: 'Walnut', url: 'https://mcp.example/documents/a%20b.md', text: '# Walnut tree' }] })
  t.ok(searchTool.output.safeParse(result).success)
  t.notOk(searchTool.output.safeParse({ results: [{ ...result.results[0], snippet: 'x' }] }).success)
})

t.test('no match is an empty list, and at most ten come back (H57)', async (t) => {
  const tool = await context(t, Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`${index}.md`, 'walnut'])))
  t.same(await searchTool.run({ query: 'zebra' }, tool), { results: [] })
  t.same(await searchTool.run({ query: ' \n?!' }, tool), { results: [] })
  t.equal((await searchTool.run({ query: 'walnut' }, tool)).results.length, 10)
})

t.test('a model reads how many files could not be searched and why, with or without a match, and nothing of pictures', async (t) => {
  const files = { 'a.md': 'walnut', 'b.xlsx': 'broken', 'in/c.pages': 'x', 'd.png': 'x', '.hidden/e.pdf': 'x' }
  const tool = await context(t, files)
  for (const query of ['walnut', 'zebra']) {
    const result = await searchTool.run({ query }, tool)
    t.equal(result.not_searched, '2 left out: 1 .pages (unknown format), 1 .xlsx (broken)')
    t.ok(searchTool.output.safeParse(result).success)
  }
  t.notOk('not_searched' in (await searchTool.run({ query: 'walnut' }, await context(t, { 'a.md': 'walnut', 'd.png': 'x' }))))
})

t.test('search stops when the client has gone', async (t) => {
  const tool = await context(t, { 'a.md': 'walnut' })
  await t.rejects(searchTool.run({ query: 'walnut' }, { ...tool, signal: AbortSignal.abort() }), { name: 'AbortError' })
})

t.test('wrong types and long strings are refused, and odd strings are only words (TL-03, TL-07)', async (t) => {
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

t.test('200 calls at once are all answered (TL-09)', async (t) => {
  const tool = await context(t, { 'a.md': 'walnut' })
  const answers = await Promise.all(Array.from({ length: 200 }, () => searchTool.run({ query: 'walnut' }, tool)))
  t.ok(answers.every(({ results }) => results.length === 1))
})

t.test('a passage is cut between characters', async (t) => {
  for (const before of [297, 298, 299]) {
    const hits = async () => [{ id: 'a', title: 'A', url: 'https://mcp.example/a', snippet: `${'x'.repeat(before)}😀` }]
    const { results } = await searchTool.run({ query: 'x' }, { library: { search: hits }, signal: new AbortController().signal } as never)
    t.ok(results[0]!.text.isWellFormed() && results[0]!.text.length <= 299, String(before))
  }
})
