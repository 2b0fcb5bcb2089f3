// Results of upstreams, read without trust, at little cost. Pages of resources: an odd entry never costs the others.
import t from 'tap'
import { specTypeSchemas } from '@modelcontextprotocol/server'
import { hideInFailure, readListed, readPage, readResult, readToolResult } from '../../../../plugins/mcp/relay/results.ts'
import { fakeUpstreams, type FakeOffer } from '../../../helpers/fake-upstreams.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'
import { EVERY_KIND } from '../../../helpers/odd-upstream.ts'

t.test('what is no resource is left out, and so is a cursor that is no text', async (t) => {
  const good = { uri: 'a://b', name: 'b' }
  const { entries, next } = readPage({ resources: [good, { uri: 5 }, null], nextCursor: 5 })
  t.strictSame([entries.map(readListed), next], [[good, undefined, undefined], undefined])
  t.strictSame(readPage({ resources: 'x' }), { entries: [], next: undefined })
  t.equal(readPage({ resources: Array(5_000).fill(good) }).entries.length, 1_000)
})

const MAX_MS = 100
/** Processor time. The first one also pays for what is compiled only once. */
function millisecondsOf (work: () => unknown): number {
  let least = Infinity
  for (let turn = 0; turn < 3 && least > MAX_MS; turn++) {
    const before = process.cpuUsage()
    work()
    least = Math.min(least, process.cpuUsage(before).user / 1000)
  }
  return least
}

t.test('a result of many blocks, or of blocks that are none, is read or refused at little cost (BW-10)', async (t) => {
  const uri = 'a:b'
  const blocks = [
    {},
    { type: 'text' },
    { type: 'text', text: '' },
    { type: 'resource_link', uri, name: '' },
    { type: 'resource', resource: { uri, text: '' } }
  ]
  for (const block of blocks) {
    for (const count of [1_500, 80_000]) {
      for (const [name, result] of [
        ['CallToolResult', { content: Array(count).fill(block) }],
        ['GetPromptResult', { messages: Array(count).fill({ role: 'user', content: block }) }],
        ['ReadResourceResult', { contents: Array(count).fill(block) }]
      ] as const) {
        let isRefused = false
        const spent = millisecondsOf(() => {
          try {
            readResult('crm', name, result, [])
          } catch (error) {
            isRefused = true
            t.match(error, { name: 'UpstreamError', fault: 'malformed' })
          }
        })
        t.ok(spent < MAX_MS, `${name} of ${count} ${JSON.stringify(block)}: ${spent} ms`)
        t.ok(isRefused || count < 80_000)
      }
    }
  }
  const audience = Array(100_000).fill('x')
  t.ok(millisecondsOf(() => t.throws(() => readToolResult('crm', { content: [{ annotations: { audience } }] }, true))) < MAX_MS)
  const icons = Array(100_000).fill({})
  t.ok(millisecondsOf(() => t.equal(readListed({ uri, name: 'b', icons }), undefined)) < MAX_MS)
})

t.test('a result that is let through is what the SDK makes of it as a whole', async (t) => {
  for (const result of [{ content: [] }, { content: EVERY_KIND, isError: true, own: 1, _meta: { own: 1 } }]) {
    const { value } = specTypeSchemas.CallToolResult['~standard'].validate(result) as { value: Record<string, unknown> }
    t.strictSame(
      readResult('crm', 'CallToolResult', result, Object.keys(value).filter((key) => key !== '_meta')),
      value
    )
  }
  const structuredContent = { rows: Array(50_000).fill({ a: 1 }) }
  t.equal(readToolResult('crm', { content: [], structuredContent }, true).structuredContent, structuredContent)
})

t.test('a secret of the file that a tool fails with is hidden from whoever called it; what it answers is data (UH-35)', async (t) => {
  const said = [{ type: 'text', text: 'no: Bearer s3cret-key' }, { type: 'image', data: 'AAAA', mimeType: 'image/png' }]
  const tools = ['fails', 'answers'].map((name) => ({ name }))
  const answer: FakeOffer['answer'] = ({ params: { name } }) =>
    ({ kind: 'result', result: { content: said, ...(name === 'fails' && { isError: true }) } })
  const { legacy } = await start(t, { upstreams: fakeUpstreams({ name: 'crm', tools, secrets: ['s3cret-key'], answer }) })
  const called = async (name: string) => (await legacy('tools/call', { name })).json.result
  t.same(
    await called('crm_fails'),
    { isError: true, content: [{ type: 'text', text: 'no: Bearer [secret]' }, said[1]] }
  )
  t.same(await called('crm_answers'), { content: said })
})

t.test('so it is in whatever else a tool fails with, which is left out where it is long (UH-39)', async (t) => {
  const secret = 's3cret"key'
  const fails = (structuredContent: Record<string, unknown>) => hideInFailure({
    isError: true,
    content: [{ type: 'text', text: JSON.stringify({ secret }) }, { type: 'resource', resource: { uri: 'a:b', text: secret } }],
    structuredContent,
    _meta: { request: { headers: [secret] } }
  }, [secret])
  const hidden = {
    isError: true,
    content: [{ type: 'text', text: '{"secret":"[secret]"}' }, { type: 'resource', resource: { uri: 'a:b', text: '[secret]' } }],
    _meta: { request: { headers: ['[secret]'] } }
  }
  t.same(
    fails({ error: { config: secret } }),
    { ...hidden, structuredContent: { error: { config: '[secret]' } } }
  )
  t.same(fails({ list: Array(9_000).fill(secret) }), hidden)
})

t.test('of _meta what is between neighbours is left out, and the rest is passed on', async (t) => {
  const metaOf = (meta: unknown) => readResult('crm', 'CallToolResult', { content: [], _meta: meta }, ['content'])['_meta']
  const ours = { 'acme.example/shown': 1, shown: 2 }
  const reserved = {
    'io.modelcontextprotocol/serverInfo': { name: 'x', version: '1' },
    'io.modelcontextprotocol/other': 1,
    'mcp.dev/other': 1,
    progressToken: 'p'
  }
  t.strictSame(metaOf({ ...reserved, ...ours }), ours)
  for (const [key, value] of Object.entries(reserved)) t.equal(metaOf({ [key]: value }), undefined, key)
  t.equal(metaOf({}), undefined)
})

t.test('nor is it the name of a member of that (UH-43)', async (t) => {
  const secret = 's3cret-key'
  const failed = hideInFailure({
    isError: true,
    content: [],
    structuredContent: { errors: { [secret]: 'not valid' } },
    _meta: { rejected: { [secret]: 'not valid' } }
  }, [secret])
  const errors = { '[secret]': 'not valid' }
  t.same(failed, {
    isError: true,
    content: [],
    structuredContent: { errors },
    _meta: { rejected: errors }
  })
})
