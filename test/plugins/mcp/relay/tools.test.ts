// Tools of upstreams through our endpoint, in both protocol eras
// and on both paths: what is listed, sent and answered.
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import type { McpRequest, McpResponse } from '../../../../plugins/mcp/contract.ts'
import { fakeUpstreams, says, type FakeOffer } from '../../../helpers/fake-upstreams.ts'
import { access, openBothPaths } from '../../../helpers/mcp-both-paths.ts'
import { start } from '../../../helpers/mcp-endpoint.ts'
import { MODERN, modernBody } from '../../../helpers/mcp.ts'
import { EVERY_KIND, HIDDEN, ISSUE, odd } from '../../../helpers/odd-upstream.ts'

const files: FakeOffer = {
  name: 'files',
  tools: [
    {
      name: 'read',
      description: 'Reads',
      annotations: { readOnlyHint: true }
    },
    {
      name: 'write',
      title: 'Write',
      outputSchema: { type: 'object' },
      _meta: { 'openai/x': 1 }
    }
  ],
  answer: ({ params }) => says(JSON.stringify(params))
}

const crm: FakeOffer = { name: 'crm', tools: [{ name: 'find' }] }

t.test('tools are listed after ours, in the order of the file, with their scopes', async (t) => {
  const { eras } = await start(t, { upstreams: fakeUpstreams(files, crm) })
  for (const [era, request] of eras) {
    const { tools } = (await request('tools/list')).json.result
    const names = tools.map(({ name }: { name: string }) => name)
    t.strictSame(names.slice(-3), ['files_read', 'files_write', 'crm_find'], era)
    t.ok(names.indexOf('whoami') < names.length - 3)
    const securitySchemes = [{ type: 'oauth2', scopes: ['mcp:write'] }]
    t.match(tools.at(-2), {
      title: 'Write',
      outputSchema: { type: 'object' },
      securitySchemes,
      _meta: { 'openai/x': 1, securitySchemes }
    })
  }
})

t.test('a call has the own name of the tool, and its arguments as they were sent', async (t) => {
  const upstreams = fakeUpstreams(files)
  const { eras, legacy } = await start(t, { upstreams })
  for (const [era, request] of eras) {
    const args = { path: 'a', unknown: { deep: [1, null] } }
    const { json } = await request('tools/call', { name: 'files_read', arguments: args })
    const sent = JSON.parse(json.result.content[0].text)
    t.strictSame(sent, { name: 'read', arguments: args }, era)
  }
  const { json } = await legacy('tools/call', { name: 'files_read' })
  t.equal(json.result.content[0].text, '{"name":"read","arguments":{}}')
  const { caller, meta, progress } = upstreams.sent[0]!.exchange
  t.strictSame(caller, {
    id: 'alice',
    email: 'alice@example.com',
    name: undefined,
    groups: [],
    clientId: 'client'
  })
  t.strictSame([meta, progress], [{}, undefined])
})

t.test('an upstream gets `_meta` without what is of the protocol, and the trace', async (t) => {
  const upstreams = fakeUpstreams(files)
  const { eras, legacy } = await start(t, { upstreams })
  const metaOf = () => upstreams.sent.at(-1)!.exchange.meta
  const passed = {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'a=b',
    'openai/locale': 'de',
    own: { a: 1 }
  }
  for (const [, request] of eras) {
    const _meta = { ...passed, 'com.mcp.tools/x': 1, 'mcp/x': 1 }
    await request('tools/call', { name: 'files_read', _meta })
    t.strictSame(metaOf(), passed)
  }
  const _meta = { traceparent: 'made up', baggage: 'a=b' }
  await legacy('tools/call', { name: 'files_read', _meta })
  t.strictSame(metaOf(), {}, 'what is no trace is dropped')
})

const requestOf = (name: string, isModern: boolean, args?: unknown) => ({
  body: isModern
    ? modernBody('tools/call', { name, arguments: args })
    : {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name, arguments: args }
      },
  headers: isModern
    ? {
        'mcp-protocol-version': MODERN,
        'mcp-method': 'tools/call',
        'mcp-name': name
      }
    : {},
  acceptsEvents: true,
  access,
  rights: ALL_RIGHTS,
  requestId: 'r',
  signal: new AbortController().signal
}) as unknown as Omit<McpRequest, 'log'>

t.test('an address counts if it is proven; a caller without sign-in is nobody (UP-02)', async (t) => {
  const upstreams = fakeUpstreams(files)
  const { fastPath, log } = await openBothPaths(t, upstreams)
  const call = async (more: Partial<McpRequest>) => {
    await fastPath.serve({ ...requestOf('files_read', false), log, ...more })
    return upstreams.sent.at(-1)!.exchange.caller
  }
  const user = { id: 'ann', email: 'ann@example.com', name: 'Ann', groups: ['x'] }
  t.strictSame(await call({ access: { ...access, user } }), {
    id: 'ann',
    email: undefined,
    name: 'Ann',
    groups: ['x'],
    clientId: 'c'
  })
  t.equal(await call({ access: null, address: '::1' }), undefined)
})

t.test('both paths answer alike, in both eras, whatever the upstream answers', async (t) => {
  const { fastPath, sdk, log } = await openBothPaths(t, fakeUpstreams(odd))
  const read = ({ status, body }: McpResponse) => ({
    status,
    body: JSON.parse(body as string) as unknown
  })
  for (const { name } of odd.tools!) {
    for (const isModern of [false, true]) {
      const request = () => ({ ...requestOf(`odd_${name}`, isModern, {}), log })
      const ours = read((await fastPath.serve(request()))!)
      t.strictSame(ours, read(await sdk(request())), `${name} ${isModern}`)
      t.notMatch(JSON.stringify(ours), HIDDEN)
    }
  }
})

t.test('content of every kind, structured content and errors of tools go through', async (t) => {
  const { eras } = await start(t, { upstreams: fakeUpstreams(odd) })
  for (const [era, request] of eras) {
    const call = async (name: string) =>
      (await request('tools/call', { name: `odd_${name}` })).json.result
    const { content, structuredContent, _meta } = await call('every_kind')
    t.strictSame(content, EVERY_KIND, era)
    t.strictSame([structuredContent, _meta.a], [{ a: [1, { b: null }] }, 1])
    t.match(await call('failing'), {
      content: [{ text: 'No such file.' }],
      isError: true
    })
    t.match(await call('without_content'), {
      content: [],
      structuredContent: { a: 1 }
    })
    const array = await call('array')
    // Before 2026-07-28 it is an object.
    const wrapped = era === 'modern' ? [1, 2] : { result: [1, 2] }
    t.strictSame(array.structuredContent, wrapped)
    t.strictSame(array.content, [{ type: 'text', text: '[1,2]' }])
  }
})

t.test('each fault says what to do, and whether a change may have been made', async (t) => {
  const { legacy, logged } = await start(t, { upstreams: fakeUpstreams(odd) })
  const call = async (name: string) =>
    (await legacy('tools/call', { name: `odd_${name}` })).json.result
  const faults = {
    unreachable: 'cannot be reached',
    timeout: 'did not answer in time',
    unauthorized: 'does not let this server in',
    busy: 'Try again in a few seconds',
    ended: 'stopped before it answered',
    malformed: 'too large',
    odd_content: 'not in the form',
    failed: 'not because of its arguments',
    broken: 'a fault in this server'
  }
  const notSent = ['unreachable', 'unauthorized', 'busy']
  const mayBeDone = 'may still have been changed'
  for (const [name, words] of Object.entries(faults)) {
    const { isError, content: [{ text }] } = await call(name)
    t.ok(isError && text.startsWith(`odd_${name} `))
    t.match(text, words)
    const id = /the log as (\S+?)\./.exec(text)![1]!
    const lines = logged.filter((line) => line.includes(`"reqId":"${id}"`))
    t.ok(lines.some((line) => line.includes('"tool":"odd')), 'it is in the log')
    t.notMatch(text, mayBeDone)
    const changing = (await call(`${name}_change`)).content[0].text
    t.equal(changing.includes(mayBeDone), !notSent.includes(name), name)
  }
})

t.test('errors of the protocol pass, unless they are about the connection to us', async (t) => {
  const { eras } = await start(t, { upstreams: fakeUpstreams(odd) })
  for (const [era, request] of eras) {
    const call = async (name: string) =>
      (await request('tools/call', { name: `odd_${name}` })).json.error
    t.strictSame(await call('wrong_arguments'), {
      code: -32602,
      message: ISSUE,
      data: { a: 1 }
    })
    t.strictSame(await call('own_code'), { code: 1234, message: 'One two' })
    t.strictSame(await call('not_found'), {
      code: -32602,
      message: 'Not found',
      data: { uri: 'file:///x' }
    })
    for (const name of ['session', 'no_method', 'headers', 'version', 'page']) {
      const { code, message, data } = await call(name)
      t.strictSame([code, data], [-32603, undefined], `${era} ${name}`)
      t.match(message, `odd_${name} was refused by the server behind it`)
    }
  }
})

t.test('arguments that are no object are refused, and the upstream is not asked', async (t) => {
  const upstreams = fakeUpstreams(files)
  const { eras } = await start(t, { upstreams })
  for (const [, request] of eras) {
    for (const args of [[], 'x', 1]) {
      const params = { name: 'files_read', arguments: args }
      t.equal((await request('tools/call', params)).json.error.code, -32602)
    }
  }
  t.strictSame(upstreams.sent, [])
})

t.test('a tool of an upstream never takes the place of one of ours', async (t) => {
  const upstreams = fakeUpstreams(crm)
  const [tool] = upstreams.tools
  const name = 'whoami'
  const shadow = { ...tool!, name, listed: { ...tool!.listed, name } }
  const { legacy } = await start(t, { upstreams: { ...upstreams, tools: [shadow] } })
  const { tools } = (await legacy('tools/list')).json.result
  const same = tools.filter((tool: { name: string }) => tool.name === name)
  t.equal(same.length, 1)
  const { json } = await legacy('tools/call', { name, arguments: { text: 'x' } })
  t.equal(json.result.structuredContent.text, 'alice:x')
  t.strictSame(upstreams.sent, [])
})
