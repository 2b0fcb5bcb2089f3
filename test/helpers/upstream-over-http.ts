// An upstream over real HTTP, as its connection room runs it, and servers by hand for it.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import type { UpstreamDeps } from '../../plugins/upstreams/upstream.ts'
import type { Answered } from '../../plugins/upstreams/contract.ts'
import { httpSettings, startHttp } from './http-upstreams.ts'
import { startUpstream } from './memory-upstream.ts'

export { httpSettings }

export const startOverHttp = (t: Test, settings: UpstreamSettings, deps: Partial<UpstreamDeps> = {}) => {
  const http = startHttp(t)
  return startUpstream(t, () => {}, {
    ...deps,
    settings,
    openTransport: (settings, caller, kind) => http.open(settings, caller, kind as 'sse')
  })
}

export async function listen (t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
}

export const textOf = (answered: Answered) =>
  answered.kind === 'result' ? (answered.result['content'] as Array<{ text: string }>)[0]!.text : answered.kind

export const faultOf = (call: Promise<unknown>) => call.then(
  () => 'answered', (error: unknown) => error
)
