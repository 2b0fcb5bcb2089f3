// What requests cost, counted instead of timed: bytes that are
// allocated and promises that are made. A process of its own, for
// hot-path.test.ts: with one collection of garbage in between, nothing could be counted.
import { createHook } from 'node:async_hooks'
import { getHeapStatistics } from 'node:v8'
import { PerformanceObserver } from 'node:perf_hooks'
import fastify, { type FastifyInstance, type InjectOptions } from 'fastify'
import { trivialTool } from '../../bench/tool.ts'
import { newClient, post, walk } from './oauth.ts'
import { startServer } from './server.ts'

export interface Work {
  /** For one request. */
  bytes: number
  promises: number
}

const WARM = 3_000
const COUNTED = 1_000

const collect = (globalThis as { gc?(): void }).gc!
let collections = 0
new PerformanceObserver((list) => { collections += list.getEntries().length }).observe({ entryTypes: ['gc'] })

async function workOf (app: FastifyInstance, request: InjectOptions): Promise<Work> {
  const run = async (times: number) => {
    for (let count = 0; count < times; count++) {
      const { statusCode } = await app.inject(request)
      if (statusCode !== 200) throw new Error(`answered ${statusCode}`)
    }
  }
  let promises = 0
  const hook = createHook({ init: (_id, type) => { if (type === 'PROMISE') promises++ } })
  hook.enable()
  await run(100)
  hook.disable()
  await run(WARM)
  collect()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const [collected, before] = [collections, getHeapStatistics().used_heap_size]
  await run(COUNTED)
  const bytes = (getHeapStatistics().used_heap_size - before) / COUNTED
  await new Promise((resolve) => setTimeout(resolve, 50))
  if (collections > collected) throw new Error('garbage was collected while it was counted')
  return { bytes: Math.round(bytes), promises: promises / 100 }
}

const over: Array<() => Promise<void>> = []
const { app, url } = await startServer({ teardown: (work) => { over.push(work) } }, { env: { AUTH_BACKEND: 'demo' }, tools: [trivialTool] })
const { body } = await post(`${url}/token`, (await walk(url, await newClient(url))).form)
const messageOf = (method: string, params: object): InjectOptions => ({
  method: 'POST',
  url: '/',
  headers: {
    host: new URL(url).host,
    authorization: `Bearer ${body['access_token']}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2025-11-25'
  },
  payload: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
})
const [call, ping] = [messageOf('tools/call', { name: 'greet', arguments: { name: 'Ann' } }), messageOf('ping', {})]
const { payload, headers } = await app.inject(call)
const bare = fastify()
bare.post('/', (_request, reply) => reply.header('content-type', headers['content-type']).send(payload))

console.log(JSON.stringify({ bare: await workOf(bare, call), call: await workOf(app, call), ping: await workOf(app, ping) }))
await bare.close()
for (const end of over) await end()
