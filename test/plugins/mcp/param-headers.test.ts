// Arguments that a client repeats in headers must match the body.
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../../authoring/tool.ts'
import { about, annotations, open } from '../../helpers/mcp-authored.ts'

t.test('an argument that is repeated in a header must match it (TL-36)', async (t) => {
  const mirrored = defineTool({
    ...about('mirrored'),
    input: z.object({
      region: z.string().nullish().meta({ 'x-mcp-header': 'Region' }),
      shard: z.int().optional().meta({ 'x-mcp-header': 'Shard' }),
      dry: z.boolean().optional().meta({ 'x-mcp-header': 'Dry' })
    }),
    output: z.object({ ran: z.boolean() }),
    annotations,
    run: async () => ({ ran: true })
  })
  const { modern, legacy } = await open(t, [mirrored])
  t.match((await modern('tools/list')).json.result.tools[0].inputSchema.properties, {
    region: { 'x-mcp-header': 'Region' },
    shard: { type: 'integer', 'x-mcp-header': 'Shard' }
  })
  const call = (args: object, headers: Record<string, string> = {}) =>
    modern('tools/call', { name: 'mirrored', arguments: args }, headers)
  const good: Array<[object, Record<string, string>]> = [
    [{}, {}],
    [{ region: null }, {}],
    [{ region: 'eu' }, { 'mcp-param-region': 'eu' }],
    [{ region: 'eu' }, { 'MCP-Param-Region': ' eu ' }],
    [{ region: 'Zürich' }, { 'mcp-param-region': `=?base64?${Buffer.from('Zürich').toString('base64')}?=` }],
    [{ shard: 7 }, { 'mcp-param-shard': '7.0' }],
    [{ dry: true }, { 'mcp-param-dry': 'true' }],
    [{}, { 'mcp-param-other': 'x' }]
  ]
  for (const [args, headers] of good) {
    const { json } = await call(args, headers)
    t.match(json.result.structuredContent, { ran: true }, JSON.stringify([args, headers]))
  }
  const bad: Array<[object, Record<string, string>]> = [
    [{ region: 'eu' }, {}],
    [{ region: 'eu' }, { 'mcp-param-region': 'us' }],
    [{ region: 'eu' }, { 'mcp-param-region': 'EU' }],
    [{}, { 'mcp-param-region': 'eu' }],
    [{ region: 'Hello' }, { 'mcp-param-region': '=?base64?SGVsbG8?=' }],
    [{ region: 'eu' }, { 'mcp-param-region': '=?BASE64?ZXU=?=' }],
    [{ shard: 7 }, { 'mcp-param-shard': '' }],
    [{ dry: true }, { 'mcp-param-dry': 'TRUE' }],
    // What becomes no text, or another one than it is.
    [{ region: { toString: 1 } }, { 'mcp-param-region': 'eu' }],
    [{ region: ['eu'] }, { 'mcp-param-region': 'eu' }]
  ]
  for (const [args, headers] of bad) {
    const { status, json } = await call(args, headers)
    t.equal(status, 400, JSON.stringify([args, headers]))
    t.match(json, { id: 1, error: { code: -32020 } })
  }
  t.match(
    (await legacy('tools/call', { name: 'mirrored', arguments: { region: 'eu' } })).json.result.structuredContent,
    { ran: true },
    'the earlier eras have no such header'
  )
})
