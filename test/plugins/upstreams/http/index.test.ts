// Transports to upstreams over HTTP, with the official client over them.
import { Client } from '@modelcontextprotocol/client'
import t from 'tap'
import type { UpstreamSettings } from '../../../../config/upstreams.ts'
import { createHttp } from '../../../../plugins/upstreams/http/index.ts'
import { startHttpUpstream } from '../../../fixtures/upstreams/http-server.ts'

const settingsOf = (url: string, more: Partial<UpstreamSettings> = {}): UpstreamSettings => ({
  name: 'crm',
  target: { kind: 'http', url, headers: {} },
  prefix: 'crm_',
  deny: [],
  annotations: [],
  scopes: [],
  identity: 'none',
  timeoutMs: 2000,
  secrets: [],
  ...more
})

for (const answers of ['json', 'sse'] as const) {
  t.test(`a call is answered as ${answers}`, async (t) => {
    const upstream = await startHttpUpstream(t, { answers, sessions: true })
    const http = createHttp({ issuer: 'https://mcp.example.com', sign: async () => 'token', now: () => Date.now() / 1000 })
    t.teardown(() => http.close())
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(http.open(settingsOf(upstream.url), undefined, 'streamable'))
    t.teardown(() => client.close())
    const result = await client.callTool({ name: 'echo', arguments: { text: 'hi' } })
    t.same(result.content, [{ type: 'text', text: 'hi' }])
  })
}
