// Resources, prompts and tools are checked when they are loaded, and each fault is said with its file.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { loadOffer } from '../../../authoring/loader/load.ts'

const ZOD = JSON.stringify(import.meta.resolve('zod'))
const base = "title: 'T', description: 'D', scopes: ['mcp:read']"

const tool = (more: string) => `import { z } from ${ZOD}
export default { ${base}, input: z.object({}), annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false }, run: async () => {}, ${more} }`

const resource = (more: string) => `export default { ${base}, read: async () => 'x', ${more} }`

const prompt = (more: string) => `import { z } from ${ZOD}
export default { ${base}, arguments: z.object({}), write: async () => 'x', ${more} }`

async function place (t: Test, files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-offer-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const [name, source] of Object.entries(files)) await writeFile(join(folder, name), source)
  return folder
}

t.test('one folder holds tools, resources and prompts, each told by what it does', async (t) => {
  const folder = await place(t, {
    'b.ts': tool("name: 'b'"),
    'a.ts': tool(
      "name: 'a', aliases: ['z'], noauth: true, timeout: 60_000, icons: [{ src: 'data:image/png;base64,AA==' }]"
    ),
    'r.ts': resource("name: 'a', uri: 'notes://{id}'"),
    'p.ts': prompt("name: 'a', arguments: z.object({ id: z.string(), kind: z.enum(['x']).optional() })"),
    'helper.ts': 'export const x = 1'
  })
  const { tools, resources, prompts } = await loadOffer([pathToFileURL(folder)])
  t.strictSame(
    [tools, resources, prompts].map((list) => list.map(({ name }) => name)),
    [['a', 'b'], ['a'], ['a']]
  )
})

t.test(
  'whatever is wrong with resources, prompts and the newer parts of tools is said with its file (pains 18 and 19)',
  async (t) => {
    const folder = await place(t, {
      'a.ts': tool("name: 'a', aliases: ['old']"),
      'alias.ts': tool("name: 'old'"),
      'aliases.ts': tool("name: 'c', aliases: 'x'"),
      'timeout.ts': tool("name: 'd', timeout: 0"),
      'header.ts': tool(
        "name: 'h', input: z.object({ a: z.string().meta({ 'x-mcp-header': 'A b' }), b: z.number().meta({ 'x-mcp-header': 'B' }), c: z.string().meta({ 'x-mcp-header': 'C' }), d: z.string().meta({ 'x-mcp-header': 'c' }) })"
      ),
      'icons.ts': tool("name: 'i', icons: [{ src: 'http://example.com/a.png' }]"),
      'noauth.ts': tool("name: 'n', noauth: 'yes'"),
      'args.ts': prompt("name: 'p', arguments: z.object({ n: z.number() })"),
      'prompt.ts': prompt("name: 'q', title: '', scopes: [], write: 1"),
      'res-a.ts': resource("name: 'r', uri: 'notes://{id}'"),
      'res-b.ts': resource("name: 's', uri: 'notes://{id}'"),
      'res-c.ts': resource("name: 'bad name', uri: '{id}', ttl: -1, list: 1, complete: { id: 1 }, mimeType: ''")
    })
    const { message } = await loadOffer([pathToFileURL(folder)]).then(
      () => t.fail('should refuse'),
      (error) => error
    )
    const expected = [
      /alias\.ts: the name "old" is taken by a\.ts/,
      /aliases\.ts: aliases must be a list/,
      /timeout\.ts: timeout must be milliseconds/,
      /header\.ts: input\.a: x-mcp-header must be/,
      /header\.ts: input\.b: only a text, an integer or a boolean/,
      /header\.ts: input\.d: the x-mcp-header "c" is used twice/,
      /icons\.ts: icons must be/,
      /noauth\.ts: noauth must be/,
      /args\.ts: arguments\.n must take a text/,
      /prompt\.ts: title must not be empty/,
      /prompt\.ts: scopes must name/,
      /prompt\.ts: write must be a function/,
      /res-b\.ts: the uri "notes:\/\/\{id\}" is taken by res-a\.ts/,
      /res-c\.ts: name must be 1 to 64/,
      /res-c\.ts: uri "\{id\}" must begin with a scheme/,
      /res-c\.ts: ttl must not be negative/,
      /res-c\.ts: list must be a function/,
      /res-c\.ts: complete: each of its members must be a function/,
      /res-c\.ts: mimeType must not be empty/
    ]
    for (const line of expected) t.match(message, line)
    t.equal(message.split('\n  - ').length - 1, expected.length, message)
  }
)

t.test('the examples of the guide to resources and prompts work as they stand', async (t) => {
  const guide = await readFile(new URL('../../../docs/resources-and-prompts.md', import.meta.url), 'utf8')
  const examples = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, source]) =>
    source!
      .replace("from 'zod'", `from ${ZOD}`)
      .replace(/'\.\.\/(authoring\/\w+)\.ts'/, (_, name) =>
        JSON.stringify(new URL(`../../../${name}.ts`, import.meta.url).href)
      )
  )
  const {
    resources: [hours],
    prompts: [decline]
  } = await loadOffer([pathToFileURL(await place(t, { 'hours.ts': examples[0]!, 'decline.ts': examples[1]! }))])
  t.equal(await hours!.read({ city: 'bern' } as never, {} as never), '9 to 18')
  t.equal(await hours!.read({ city: 'nowhere' } as never, {} as never), undefined)
  t.match(await hours!.list!(undefined, {} as never), { resources: [{ values: { city: 'bern' } }, {}] })
  t.match(
    await decline!.write(decline!.arguments.parse({ invitation: 'A party' }), {} as never),
    /warm refusal.*\n\nA party/
  )
})
