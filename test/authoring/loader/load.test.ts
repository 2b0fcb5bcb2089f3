// The loader: what lies in the folder is offered, and everything that is wrong is said at once.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { ToolError, type Tool, type ToolContext } from '../../../authoring/tool.ts'
import { loadOffer } from '../../../authoring/loader/load.ts'
import { folder, toolContexts } from '../../helpers/tool-context.ts'

const TOOLS = new URL('../../../tools/', import.meta.url)

const context = async (t: Test, files: Record<string, string>): Promise<ToolContext> =>
  (await toolContexts(t, files))(null)

t.test('the loader finds the tools of this server, and helpers beside them are no tools', async (t) => {
  const tools = (await loadOffer([TOOLS])).tools
  const names = tools.map(({ name }) => name)
  t.same(names, [...names].sort())
  t.ok(names.includes('search') && names.includes('fetch'))
  t.same((await loadOffer([new URL('../../../tools', import.meta.url)])).tools, tools, 'with or without a slash at the end')
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

t.test('the loader says everything that is wrong, with every file, at once (pains 18 and 19)', async (t) => {
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
    /opens\.ts: leave out run beside/,
    /schema\.ts: input must be a zod object/,
    /schema\.ts: output must be a zod object/,
    /throws\.ts: it could not be loaded: no key/,
    /unscoped\.ts: scopes must name/
  ]
  for (const line of expected) t.match(message, line)
  t.equal(message.split('\n  - ').length - 1, expected.length, message)
})

t.test('the guide to adding a tool shows a tool that loads and runs', async (t) => {
  const guide = await readFile(new URL('../../../docs/adding-a-tool.md', import.meta.url), 'utf8')
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

t.test('a tool that is exported by name only is named, with what to write; .js and .mjs files are found', async (t) => {
  const named = tool().replace('export default', 'export const good =')
  await t.rejects(loadOffer([await toolFolder(t, { 'mine.ts': named, 'helper.ts': 'export const help = { name: 1 }' })]), {
    message: /mine\.ts: it exports good by name only, so it is not offered; write: export default good$/m
  })
  const { tools } = await loadOffer([await toolFolder(t, { 'a.js': tool("name: 'one'"), 'b.mjs': tool("name: 'two'") })])
  t.same(tools.map(({ name }) => name), ['one', 'two'])
})

t.test('a folder that cannot be read is no folder without tools', async (t) => {
  const place = await folder(t)
  await writeFile(join(place, 'tools'), 'a file')
  await t.rejects(loadOffer([pathToFileURL(join(place, 'tools'))]), {
    code: 'ENOTDIR'
  })
  t.match(await loadOffer([pathToFileURL(join(place, 'none'))]), {
    tools: []
  })
})
