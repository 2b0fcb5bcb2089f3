// Sources: cited by their own URL, and private to their person.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { defineSource } from '../../authoring/source.ts'
import { loadOffer } from '../../authoring/loader/load.ts'
import { ToolError } from '../../authoring/tool.ts'
import fetchTool from '../../tools/fetch.ts'
import searchTool from '../../tools/search.ts'
import { folder, toolContexts } from '../helpers/tool-context.ts'

const SOURCES = new URL('../../sources/', import.meta.url)

/** A folder of source files, as a URL that ends in a slash. */
async function sourceFolder (t: Test, files: Record<string, string>): Promise<URL> {
  const place = join(await folder(t), 'sources')
  await mkdir(place)
  for (const [name, source] of Object.entries(files)) {
    await writeFile(
      join(place, name),
      source.replace("'../authoring/source.ts'", JSON.stringify(new URL('../authoring/source.ts', SOURCES).href))
    )
  }
  return pathToFileURL(`${place}/`)
}

t.test('the guide shows a source that loads, and shows each person only what is theirs', async (t) => {
  const guide = await readFile(new URL('../../docs/adding-a-source.md', import.meta.url), 'utf8')
  const place = await sourceFolder(t, { 'opening-hours.ts': /```ts\n([\s\S]*?)```/.exec(guide)![1]! })
  const contexts = await toolContexts(
    t,
    { 'porto.md': '# Porto\n\nA city in Portugal.' },
    { sources: (await loadOffer([place])).sources }
  )
  const [ann, bob, nobody] = [
    contexts({ id: '1', email: 'ann@example.com' }),
    contexts({ id: '2', email: 'bob@example.com' }),
    contexts(null)
  ]

  const query = 'When does the shop in Porto open?'
  t.same(
    (await searchTool.run({ query }, ann)).results.map(({ id }) => id),
    ['shops:porto', 'shops:lisbon', 'porto.md'],
    'who shows most of the words comes first'
  )
  t.same(
    (await searchTool.run({ query }, bob)).results.map(({ id }) => id),
    ['shops:lisbon', 'porto.md']
  )
  t.same(
    (await searchTool.run({ query }, nobody)).results.map(({ id }) => id),
    ['porto.md']
  )
  t.same(await fetchTool.run({ id: 'shops:porto' }, ann), {
    id: 'shops:porto',
    title: 'Shop: porto',
    text: 'The shop in Porto opens at nine.',
    url: 'https://mcp.example/documents/shops%3Aporto'
  })
  for (const [tool, id] of [
    [bob, 'shops:porto'],
    [nobody, 'shops:porto'],
    [ann, 'shops:none'],
    [ann, 'porto'],
    [ann, 'other:porto']
  ] as const) { await t.rejects(fetchTool.run({ id }, tool), ToolError, id) }
})

const working = defineSource({
  name: 'good',
  search: async () => [{ id: 'a/b c', title: 'A walnut', snippet: 'a walnut', url: 'https://wiki.example/a' }],
  fetch: async (id) =>
    id === 'long' ? { title: 'Long', text: 'word '.repeat(20_000), metadata: { by: 'Ann' } } : undefined
})

t.test("a source's own URL is cited, and its long documents come in parts", async (t) => {
  const tool = (await toolContexts(t, {}, { sources: [working] }))(null)
  t.same((await searchTool.run({ query: 'walnut' }, tool)).results, [
    { id: 'good:a/b c', title: 'A walnut', url: 'https://wiki.example/a', text: 'a walnut' }
  ])
  const first = await fetchTool.run({ id: 'good:long' }, tool)
  t.match(first, {
    url: 'https://mcp.example/documents/good%3Along',
    metadata: { by: 'Ann', part: '1', parts: '2', next: 'good:long#part=2' }
  })
  t.match(await fetchTool.run({ id: 'good:long#part=2' }, tool), { text: /This is the last part/ })
  await t.rejects(fetchTool.run({ id: 'good:long#part=3' }, tool), { message: /has 2 parts/ })
})

t.test("the server's own folder of sources has no source, and helpers are none", async (t) => {
  t.same((await loadOffer([SOURCES])).sources, [])
  t.same(
    (await loadOffer([await sourceFolder(t, { 'helper.ts': 'export const help = 1', 'notes.md': 'no source' })]))
      .sources,
    []
  )
})

t.test('the loader says everything that is wrong, with every file, at once', async (t) => {
  const good = (name: string) =>
    `export default { name: ${JSON.stringify(name)}, search: async () => [], fetch: async () => undefined }`
  const place = await sourceFolder(t, {
    'a.ts': good('wiki'),
    'broken.ts': 'export default {{{',
    'close.ts': "export default { name: 'c', search () {}, fetch () {}, close: 1 }",
    'duplicate.ts': good('wiki'),
    'name.ts': good('Has Space'),
    'note.ts': good('note'),
    'nothing.ts': 'export default null'
  })
  const { message } = await loadOffer([place]).then(
    () => t.fail('should refuse'),
    (error) => error
  )
  const expected = [
    /broken\.ts: it could not be loaded/,
    /close\.ts: close must be a function/,
    /duplicate\.ts: the name "wiki" is taken/,
    /name\.ts: name must be/,
    /note\.ts: the name note is taken/,
    /nothing\.ts: the default export must be made with defineSource/
  ]
  for (const line of expected) t.match(message, line)
  t.equal(message.split('\n  - ').length - 1, expected.length, message)
})
