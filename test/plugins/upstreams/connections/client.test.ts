// What an upstream of 2026-07-28 answers is handed on as it came, whatever the official client would say of it.
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { readCatalogue } from '../../../../plugins/upstreams/catalogue/read.ts'
import { callOf, exchangeOf } from '../../../helpers/memory-upstream.ts'
import { faultOf, httpSettings, listen, startOverHttp, textOf } from '../../../helpers/upstream-over-http.ts'

const DISCOVERED = {
  resultType: 'complete',
  ttlMs: 0,
  cacheScope: 'private',
  supportedVersions: ['2026-07-28'],
  capabilities: { tools: {}, resources: {} }
}
const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })

/** @param results by method; others are refused. */
const modern = (t: Test, results: Record<string, (params: Record<string, unknown>) => unknown>) =>
  listen(t, (request, response: ServerResponse) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString())
      const result = method === 'server/discover' ? DISCOVERED : results[method]?.(params)
      const answer = result === undefined ? { error: { code: -32601, message: 'no' } } : { result }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }))
    })
  })

t.test('a result full of odd blocks costs no more than to parse it (UH-34)', async (t) => {
  const content = Array.from({ length: 160_000 }, () => ({ type: 'text' }))
  const url = await modern(t, { 'tools/call': () => ({ resultType: 'complete', content }) })
  const { upstream } = await startOverHttp(t, httpSettings(url, { timeoutMs: 30_000 }))
  const { user, system } = process.cpuUsage()
  const answered = await upstream.request(callOf('a'), exchangeOf())
  const used = process.cpuUsage()
  t.equal(answered.kind, 'result')
  t.ok(used.user + used.system - user - system < 3_000_000, 'it took eleven seconds, and two gigabytes')
})

t.test('one odd entry, or a page without what 2026-07-28 has beside it, costs a list nothing else (UC-01, UH-34)', async (t) => {
  const url = await modern(t, {
    'tools/list': () => ({ resultType: 'complete', tools: [tool('a'), { name: 7 }, {}, null, tool('b')] }),
    'resources/list': () => ({ resultType: 'complete', resources: [{ uri: 'x:1' }, {}, { uri: 'x:2', name: 'named' }] })
  })
  const { upstream } = await startOverHttp(t, httpSettings(url), { readCatalogue })
  await upstream.start()
  await upstream.looked
  t.same(upstream.catalogue.tools.map(({ ownName }) => ownName), ['a', 'b'])
  t.same(upstream.catalogue.uris, ['x:1', 'x:2'])
})

t.test('what it asks first is a question, with or without a form, and nothing that it says can be taken for another result', async (t) => {
  const ask = { method: 'elicitation/create', params: { message: 'Which?' } }
  const results: Record<string, unknown> = {
    plain: { resultType: 'complete', content: [{ type: 'text', text: 'hello' }] },
    asks: { resultType: 'input_required', inputRequests: { result: ask }, requestState: 'own' },
    state: { resultType: 'input_required', requestState: 'own' },
    neither: { resultType: 'input_required' },
    other: { resultType: 'task' },
    none: { content: [] }
  }
  const url = await modern(t, {
    'tools/call': ({ name }) => results[name as string]
  })
  const { upstream } = await startOverHttp(t, httpSettings(url))
  t.equal(textOf(await upstream.request(callOf('plain'), exchangeOf())), 'hello')
  const state = JSON.stringify('own')
  t.same(await upstream.request(callOf('asks'), exchangeOf()), { kind: 'questions', requests: { result: ask }, state })
  t.same(await upstream.request(callOf('state'), exchangeOf()), { kind: 'questions', requests: {}, state })
  for (const name of ['neither', 'other', 'none']) {
    t.match(await faultOf(upstream.request(callOf(name), exchangeOf())), { fault: 'malformed' })
  }
})
