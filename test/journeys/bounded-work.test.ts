// Work is bounded before it starts: the largest and most awkward input of every tool, prompt, resource and completion
// delays no one else and takes little memory (BW-07). New ones are walked without being named: they are taken from what
// the server offers. What an author has to do is in docs/adding-a-tool.md.
import t from 'tap'
import { z } from 'zod'
import { foldersOf, loadOffer } from '../../authoring/loader/load.ts'
import { startWalk, type Walk } from '../helpers/bounded-walk.ts'
import { combinations, findUnbounded, largest, SHAPES, type Shape } from '../helpers/largest-input.ts'
import { BODY_CHARACTERS, every, LIMIT } from './bounded-work/offer.ts'

const offer = await loadOffer(foldersOf(new URL('../../', import.meta.url)))
const schemaOf = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' }) as Record<string, any>
let walk: Walk
t.before(async () => {
  walk = await startWalk(t)
})

t.test('every tool and prompt says how long its input may be (BW-07)', async (t) => {
  const endless = z.object({
    a: z.string(),
    b: z.array(z.number()),
    c: z.record(z.string(), z.string().max(9)),
    d: z.object({ e: z.string().regex(/^a*$/) }),
    f: z.enum(['x']),
    g: z.string().max(9).optional()
  })
  t.same(
    findUnbounded(schemaOf(endless)).map((line) => line.split(':')[0]),
    ['a', 'b', 'c', 'c', 'd.e'],
    'this is how one without an end is told'
  )
  for (const { name, input } of offer.tools) {
    t.same(findUnbounded(schemaOf(input)), [], `${name}: see "Limit the cost of a call" in docs/adding-a-tool.md`)
  }
  for (const { name, arguments: args } of offer.prompts) {
    t.same(findUnbounded(schemaOf(args)), [], `${name}: see "Limit the cost of a call" in docs/adding-a-tool.md`)
  }
})
const SAME_REFUSALS = 3

/** What is refused in the same words whatever it holds is not asked in all shapes. */
async function callInShapes (name: string, properties: Record<string, any>, shapes: readonly Shape[]): Promise<void> {
  const refusals: string[] = []
  for (const shape of shapes) {
    if (refusals.length >= SAME_REFUSALS && new Set(refusals).size === 1) return
    const args = largest({ type: 'object', properties }, shape)
    await walk.ask(`${name}(${Object.keys(properties).join(', ')}) of ${shape.name}`, async () => {
      const { result } = JSON.parse(await walk.rpc('tools/call', { name, arguments: args })) as {
        result?: { isError?: boolean; content: unknown }
      }
      refusals.push(result?.isError ? JSON.stringify(result.content) : shape.name)
    })
  }
}

t.test('every tool, with every combination of its largest arguments', LIMIT, async (t) => {
  const { result } = JSON.parse(await walk.rpc('tools/list', {})) as {
    result: { tools: Array<{ name: string; inputSchema: Record<string, any> }> }
  }
  for (const { name, inputSchema } of result.tools) {
    const { full, few } = combinations(inputSchema)
    for (const [turn, properties] of [...full, ...few].entries()) {
      // Where many arguments can be left out, those that are alone share the shapes.
      const shapes = turn < full.length ? SHAPES : every(SHAPES, Math.max(1, Math.min(16, (few.length / 4) | 0)), turn)
      await callInShapes(name, properties, shapes)
    }
    walk.report(t, name)
  }
})

t.test('every document and note, whole and in parts', LIMIT, async (t) => {
  const ids = ['large.md', 'dense.txt', 'wide.txt', 'large.md#part=80', 'many/document-0.md']
  for (const id of ids) {
    await walk.ask(`fetch ${id}`, () => walk.rpc('tools/call', { name: 'fetch', arguments: { id } }))
    await walk.ask(`read ${id}`, () =>
      walk.rpc('resources/read', { uri: `library://documents/${encodeURIComponent(id)}` })
    )
    await walk.ask(`summarize ${id}`, () => walk.rpc('prompts/get', { name: 'summarize_document', arguments: { id } }))
  }
  for (const query of [
    'common words',
    'harbour boats',
    'a*',
    '"common words of the document"',
    '日本語の会議',
    'name document number note'
  ]) {
    await walk.ask(`search ${query}`, () => walk.rpc('tools/call', { name: 'search', arguments: { query } }))
  }
  await walk.ask('list_notes', () => walk.rpc('tools/call', { name: 'list_notes', arguments: { limit: 50 } }))
  walk.report(t, 'documents and notes')
})

t.test('every prompt, resource, completion and list, and whole batches', LIMIT, async (t) => {
  for (const { name, arguments: args } of offer.prompts) {
    for (const [turn, shape] of SHAPES.entries()) {
      await walk.ask(`${name} of ${shape.name}`, () =>
        walk.rpc('prompts/get', { name, arguments: largest(schemaOf(args), shape) })
      )
      for (const argument of every(Object.keys(args.shape), 3, turn)) {
        await walk.ask(`completion of ${name}.${argument} by ${shape.name}`, () =>
          walk.rpc('completion/complete', {
            ref: { type: 'ref/prompt', name },
            argument: { name: argument, value: shape.fill(BODY_CHARACTERS) }
          })
        )
      }
    }
  }
  const { result } = JSON.parse(await walk.rpc('resources/templates/list', {})) as {
    result: { resourceTemplates: Array<{ uriTemplate: string }> }
  }
  for (const { uriTemplate: uri } of result.resourceTemplates) {
    for (const [turn, shape] of SHAPES.entries()) {
      const filled = (length: number) => uri.replaceAll(/\{[^}]*\}/g, encodeURI(shape.fill(length)))
      const method = turn % 2 === 0 ? 'resources/read' : 'resources/subscribe'
      await walk.ask(`${method} ${uri} of ${shape.name}`, () => walk.rpc(method, { uri: filled(BODY_CHARACTERS / 10) }))
      for (const [, name] of every([...uri.matchAll(/\{\+?(\w+)\}/g)], 2, turn)) {
        await walk.ask(`completion of ${uri} by ${shape.name}`, () =>
          walk.rpc('completion/complete', {
            ref: { type: 'ref/resource', uri },
            argument: { name, value: shape.fill(BODY_CHARACTERS) }
          })
        )
      }
    }
    for (const value of ['', 'n', 'Note', 'many/', 'o']) {
      for (const [, name] of uri.matchAll(/\{\+?(\w+)\}/g)) {
        await walk.ask(`completion of ${uri} by ${value}`, () =>
          walk.rpc('completion/complete', { ref: { type: 'ref/resource', uri }, argument: { name, value } })
        )
      }
    }
  }
  for (let cursor: string | undefined, page = 0; page < 30 && (cursor !== undefined || page === 0); page++) {
    await walk.ask('resources/list', async () => {
      cursor = JSON.parse(await walk.rpc('resources/list', cursor === undefined ? {} : { cursor })).result.nextCursor
    })
  }
  for (const [turn, method] of [
    'initialize',
    'ping',
    'tools/list',
    'prompts/list',
    'resources/list',
    'logging/setLevel',
    'nothing/there',
    'tools/call',
    'subscriptions/listen'
  ].entries()) {
    for (const shape of every(SHAPES, 4, turn)) {
      await walk.ask(`${method} of ${shape.name}`, () =>
        walk.rpc(method, {
          name: shape.fill(1_000),
          cursor: shape.fill(1_000),
          arguments: { [shape.fill(1_000)]: shape.fill(BODY_CHARACTERS / 3) },
          _meta: { [shape.fill(1_000)]: shape.fill(BODY_CHARACTERS / 3) }
        })
      )
    }
  }
  const calls: Array<[name: string, args: object]> = [
    ['calculate', { expression: Array(100).fill('3000!').join('+') }],
    ['search', { query: 'common words of the document name number harbour' }],
    ['fetch', { id: 'large.md' }],
    ['list_notes', { limit: 50 }],
    ['write', { text: 'a '.repeat(20_000) }]
  ]
  for (const [name, args] of calls) {
    await walk.ask(`ten times ${name}`, () =>
      walk.post(
        Array.from({ length: 10 }, (_, id) => ({
          jsonrpc: '2.0',
          id,
          method: 'tools/call',
          params: { name, arguments: args }
        })),
        { 'mcp-protocol-version': '2025-03-26' }
      )
    )
  }
  await walk.ask('ten large resources', () =>
    walk.post(
      Array.from({ length: 10 }, (_, id) => ({
        jsonrpc: '2.0',
        id,
        method: 'resources/read',
        params: { uri: 'library://documents/large.md' }
      })),
      { 'mcp-protocol-version': '2025-03-26' }
    )
  )
  walk.report(t, 'prompts, resources, completions, lists and batches')
})
