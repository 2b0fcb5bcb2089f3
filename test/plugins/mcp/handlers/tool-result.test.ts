// Results and failures of tools, as clients and models get them.
import t from 'tap'
import { z } from 'zod'
import { audio, defineTool, embed, image, link, text, ToolError } from '../../../../authoring/tool.ts'
import { describeIssues } from '../../../../plugins/mcp/handlers/tool-result.ts'
import { about, annotations, open, tool } from '../../../helpers/mcp-authored.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'

t.test('failures of a tool are results that a model can act on; details go to the log only (WB-20)', async (t) => {
  const { eras, logged } = await start(t)
  for (const [era, request] of eras) {
    const call = async (name: string, args: unknown) => {
      const { status, json } = await request('tools/call', { name, arguments: args })
      t.equal(status, 200, `${era} ${name}`)
      t.notOk('structuredContent' in json.result && json.result.isError)
      return { isError: json.result.isError, text: json.result.content[0].text as string }
    }
    t.strictSame(await call('refuse', {}), { isError: true, text: 'No document of that name; call search first.' })
    const missing = await call('search', { limit: 'ten', qery: 'x' })
    t.equal(missing.isError, true)
    for (const part of ['query', 'limit', '"qery"', 'Its arguments are: query (string, required), limit (integer)']) { t.match(missing.text, part) }
    t.equal(
      (await call('write', { ['x'.repeat(100_000)]: 1 })).text.length < 1000,
      true,
      'what was sent is not echoed at length'
    )
    for (const name of ['crash', 'mismatch']) {
      const { isError, text } = await call(name, {})
      t.equal(isError, true)
      t.notMatch(text, /hunter2|secret|stack|expected string/)
      const id = /in the log as (\S+)\.$/.exec(text)?.[1]
      t.ok(
        logged.some(
          (line) => JSON.parse(line).reqId === id && line.includes(name === 'crash' ? 'hunter2' : 'output schema')
        ),
        'the log has it under that id'
      )
    }
  }
})

t.test(
  'a tool shows texts, pictures, sounds, links and documents beside its result, and a tool without output only those',
  async (t) => {
    const bytes = new Uint8Array([1, 2, 3])
    const blocks = [
      text('seen'),
      image(bytes, 'image/png'),
      audio(bytes, 'audio/wav'),
      link({ uri: 'https://example.com/a', name: 'a' }),
      embed({ uri: 'test://a', mimeType: 'text/plain', text: 'whole' }),
      embed({ uri: 'test://b', data: bytes })
    ]
    const { eras } = await open(t, [
      tool('show', ({ show }) => show(...blocks)),
      defineTool({
        ...about('both'),
        input: z.object({}),
        output: z.object({ sum: z.number() }),
        annotations,
        async run (_, { show }) {
          show(text('beside'))
          return { sum: 3 }
        }
      }),
      tool('fails', ({ show }) => {
        show(text('half'))
        throw new ToolError('No.')
      })
    ])
    for (const [era, request] of eras) {
      const {
        json: { result }
      } = await request('tools/call', { name: 'show', arguments: {} })
      t.strictSame(
        result.content,
        [
          { type: 'text', text: 'seen' },
          { type: 'image', data: 'AQID', mimeType: 'image/png' },
          { type: 'audio', data: 'AQID', mimeType: 'audio/wav' },
          { type: 'resource_link', uri: 'https://example.com/a', name: 'a' },
          { type: 'resource', resource: { uri: 'test://a', mimeType: 'text/plain', text: 'whole' } },
          { type: 'resource', resource: { uri: 'test://b', blob: 'AQID' } }
        ],
        era
      )
      t.notOk('structuredContent' in result)
      const both = (await request('tools/call', { name: 'both', arguments: {} })).json.result
      t.strictSame(
        [both.content, both.structuredContent],
        [
          [
            { type: 'text', text: '{"sum":3}' },
            { type: 'text', text: 'beside' }
          ],
          { sum: 3 }
        ]
      )
      t.strictSame(
        (await request('tools/call', { name: 'fails', arguments: {} })).json.result.content,
        [{ type: 'text', text: 'No.' }],
        'nothing of a failed call is shown'
      )
      const { tools } = (await request('tools/list')).json.result
      t.strictSame(
        tools.map((listed: object) => 'outputSchema' in listed),
        [false, true, false]
      )
    }
  }
)

t.test('of many mistakes in its arguments a model reads eight, and how many more there are (WB-20)', async (t) => {
  const { issues } = z.array(z.number()).safeParse(Array(14).fill('x')).error!
  const lines = describeIssues({ issues } as never).split('\n')
  t.equal(lines.length, 9)
  t.equal(lines.at(-1), '- and 6 more')
})
