// What the client of the SDK would drop without a word is known for what it is: whoever waits for the answer is told at once.
import { isJSONRPCResponse } from '@modelcontextprotocol/client'
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { isNoAnswer } from '../../../plugins/upstreams/message-bounds.ts'
import { callOf, exchangeOf } from '../../helpers/memory-upstream.ts'
import { connectHttp } from '../../helpers/http-upstreams.ts'
import { connectClient, startProcesses, upstreamSettings } from '../../helpers/upstream-processes.ts'
import { faultOf, httpSettings, listen, startOverHttp } from '../../helpers/upstream-over-http.ts'

const FIRST = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } }
const ODD = [
  {},
  { result: null },
  { result: [] },
  { result: { content: [], _meta: [] } },
  { result: { content: [], _meta: null } },
  { result: {}, error: { code: 1, message: 'x' } },
  { result: {}, more: 1 },
  { error: 'no' },
  { error: { code: '1', message: 'x' } },
  { error: { code: 1.5, message: 'x' } },
  { error: { code: 1 } },
  { jsonrpc: '1.0', result: {} },
  { method: null, result: {} }
]
const GOOD = [
  { result: {} },
  { result: { content: [], _meta: {} } },
  { error: { code: -32601, message: '' } },
  { error: { code: 1, message: 'x', data: [{}] } }
]

t.test('what is no answer is none for the SDK either', async (t) => {
  for (const [shapes, isOne] of [[ODD, false], [GOOD, true]] as const) {
    for (const shape of shapes) {
      const message = { jsonrpc: '2.0', id: 1, ...shape }
      t.equal(isNoAnswer(message), !isOne, JSON.stringify(shape))
      t.equal(isJSONRPCResponse(message), isOne, JSON.stringify(shape))
    }
  }
  for (const other of [null, 1, [], { jsonrpc: '2.0', method: 'ping', id: 1 }, { jsonrpc: '2.0', id: null, error: 1 }]) {
    t.notOk(isNoAnswer(other))
  }
})

t.test('an upstream over HTTP that answers what is no answer does not have its callers wait for their time (UH-37)', async (t) => {
  let [shape, asEvents]: [object, boolean] = [{}, false]
  const url = await listen(t, (request, response: ServerResponse) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString() || '{}')
      if (id === undefined) {
        response.writeHead(request.method === 'POST' ? 202 : 405).end()
        return
      }
      const answer = method === 'initialize' ? { result: FIRST } : method === 'tools/call' ? shape : { error: { code: -32601, message: 'no' } }
      const text = JSON.stringify({ jsonrpc: '2.0', id, ...answer })
      if (method !== 'tools/call' || !asEvents) response.writeHead(200, { 'content-type': 'application/json' }).end(text)
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${text}\n\n`)
    })
  })
  const { upstream } = await startOverHttp(t, httpSettings(url, { timeoutMs: 10_000 }))
  for (asEvents of [false, true]) {
    for (shape of ODD) {
      t.match(
        await faultOf(upstream.request(callOf('a'), exchangeOf())),
        { fault: 'malformed' },
        JSON.stringify({ shape, asEvents })
      )
    }
  }
})

/** What is sent in the place of an answer, where nothing else can come after it. */
const ANSWER = { jsonrpc: '2.0', result: { content: [] } }
const NOTE = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } }
const INSTEAD: Array<(id: number) => unknown> = [
  () => [],
  () => ANSWER,
  () => ({ jsonrpc: '2.0', error: { code: 1, message: 'x' } }),
  () => NOTE,
  (id) => ({ jsonrpc: '2.0', id, method: 'ping' }),
  () => [NOTE]
]

t.test('nor does one that answers with something else, or accepts a request as it would a notification (UH-38)', async (t) => {
  let say = (response: ServerResponse, _id: number) => response.writeHead(202).end()
  const url = await listen(t, (request, response: ServerResponse) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString() || '{}')
      if (id === undefined) response.writeHead(request.method === 'POST' ? 202 : 405).end()
      else if (method === 'tools/call') say(response, id)
      else json(response, { jsonrpc: '2.0', id, ...(method === 'initialize' ? { result: FIRST } : { error: { code: -32601, message: 'no' } }) })
    })
  })
  const json = (response: ServerResponse, body: unknown) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const { upstream } = await startOverHttp(t, httpSettings(url, { timeoutMs: 10_000 }))
  const call = () => faultOf(upstream.request(callOf('a'), exchangeOf()))
  t.match(await call(), { fault: 'malformed', message: /accepted a request/ })
  for (const instead of INSTEAD) {
    say = (response, id) => json(response, instead(id))
    t.match(await call(), { fault: 'malformed' }, JSON.stringify(instead(1)))
  }
  say = (response, id) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${JSON.stringify([{ ...ANSWER, id }])}\n\n`) as never
  t.match(await call(), { fault: 'malformed' }, 'a batch in a stream')
  say = (response, id) => json(response, [NOTE, { ...ANSWER, id }])
  t.equal(await call(), 'answered', 'a batch with the answer')
})

t.test('nor does one of 2024-11-05, which answers on its one stream (UH-38)', async (t) => {
  let shape: object = {}
  let stream: ServerResponse | undefined
  const url = await listen(t, (request, response: ServerResponse) => {
    if (request.method === 'GET') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' })
      stream.write('event: endpoint\ndata: /messages\n\n')
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id, method } = JSON.parse(Buffer.concat(chunks).toString())
      response.writeHead(202).end()
      const answer = method === 'initialize' ? { result: { ...FIRST, protocolVersion: '2024-11-05' } } : shape
      if (id !== undefined) stream!.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, ...answer })}\n\n`)
    })
  })
  const client = await connectHttp(t, httpSettings(url), { kind: 'sse', mode: 'legacy' })
  for (shape of ODD) {
    const error = await client.callTool({ name: 'a' }).then(() => undefined, (error: unknown) => error)
    t.match(error, { data: { fault: 'malformed' } }, JSON.stringify(shape))
  }
})

t.test('nor does a process (UH-37)', async (t) => {
  const script = `
    const first = ${JSON.stringify(FIRST)}
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const { id, method, params } = JSON.parse(line)
      if (id === undefined) return
      const answer = method === 'initialize' ? { result: first } : params.arguments
      console.log(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
    })`
  const { processes } = startProcesses(t)
  const client = await connectClient(processes.open(upstreamSettings([], { args: ['-e', script] }), undefined))
  t.teardown(() => client.close())
  for (const shape of ODD.filter(({ jsonrpc }: { jsonrpc?: string }) => jsonrpc === undefined)) {
    const error = await client.callTool({ name: 'a', arguments: shape }).then(() => undefined, (error: unknown) => error)
    t.match(error, { data: { fault: 'malformed' } }, JSON.stringify(shape))
  }
})
