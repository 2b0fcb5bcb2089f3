// What is followed at an upstream is asked for once, no more than that is given up, and an upstream that does not let it be
// followed is told of in words of this server, without its secrets.
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { Following } from '../../../../plugins/upstreams/connections/following.ts'
import { UpstreamError } from '../../../../plugins/upstreams/contract.ts'
import { callerOf } from '../../../helpers/memory-upstream.ts'
import { faultOf, httpSettings, listen, startOverHttp } from '../../../helpers/upstream-over-http.ts'

const SECRET = 'sk-live-1234567'

/** @param refuse answers what asks for a stream of changes. */
async function startRefusing (t: Test, refuse: (response: ServerResponse, id: string) => unknown) {
  const handler = createMcpHandler(() => new McpServer({ name: 'refusing', version: '1' }), { legacy: 'reject' })
  t.teardown(() => handler.close())
  const url = await listen(t, async (request, response) => {
    const body = Buffer.concat((await request.toArray()) as Buffer[]).toString()
    const { method, id } = JSON.parse(body || '{}') as { method?: string; id: string }
    if (method === 'subscriptions/listen') return refuse(response, id)
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const init = { method: request.method!, headers: headers as Record<string, string>, ...(body && { body }) }
    const answer = await handler.fetch(new Request('http://localhost/', init))
    return response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
  })
  const settings = httpSettings(url, { timeoutMs: 1_500, secrets: [SECRET] }, { authorization: `Bearer ${SECRET}` })
  const { upstream } = await startOverHttp(t, settings)
  return () => faultOf(upstream.subscribe('crm://one', callerOf('ann')))
}

t.test('whatever it does, the operator reads it as of any other request, and no secret that it repeats (UH-46)', async (t) => {
  const cases: Array<[fault: string, refuse: (response: ServerResponse, id: string) => unknown]> = [
    ['failed', (response) => response.writeHead(400).end(`not for ${SECRET}`)],
    ['timeout', (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()],
    ['ended', (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end()],
    ['malformed', (response, id) => response.writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, result: SECRET }))]
  ]
  for (const [fault, refuse] of cases) {
    const error = await (await startRefusing(t, refuse))()
    t.ok(error instanceof UpstreamError, fault)
    t.match(error, { fault })
    t.notMatch(JSON.stringify([error, (error as Error).message, String((error as Error).cause)]), SECRET)
  }
})

function follow (era: 'legacy' | 'modern') {
  const asked: string[] = []
  const client = {
    getProtocolEra: () => era,
    listen: async ({ resourceSubscriptions }: { resourceSubscriptions: string[] }) => {
      asked.push(`listen ${resourceSubscriptions.join()}`)
      return { close: async () => {} }
    }
  }
  const ask = async (method: string, { uri }: Record<string, unknown>) => {
    asked.push(`${method} ${String(uri)}`)
    return {}
  }
  return { asked, following: new Following({ client, timeoutMs: 1_000, ask, say () {} } as never) }
}

t.test('of the versions before 2026-07-28: one request for each, however often somebody wants it', async (t) => {
  const { asked, following } = follow('legacy')
  for (const uri of ['x:a', 'x:a', 'x:b', 'x:a']) await following.subscribe(uri)
  await following.unsubscribe(['x:c', 'x:a'])
  await following.unsubscribe(['x:a'])
  t.same(asked, ['resources/subscribe x:a', 'resources/subscribe x:b', 'resources/unsubscribe x:a'])
})

t.test('of 2026-07-28: one stream that names all, and another only where that changes', async (t) => {
  const { asked, following } = follow('modern')
  for (const uri of ['x:a', 'x:a', 'x:b', 'x:a']) await following.subscribe(uri)
  await following.unsubscribe(['x:c'])
  await following.unsubscribe(['x:a'])
  following.close()
  t.same(asked, ['listen x:a', 'listen x:a,x:b', 'listen x:b'])
})
