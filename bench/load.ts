// The load generator: a process of its own that keeps so many connections busy for so long, and says what came back.
import autocannon from 'autocannon'
import type { Load, Measured } from './processes.ts'

process.once('message', async ({ url, method = 'POST', headers = {}, body, tokens, connections, seconds }: Load) => {
  let turn = 0
  const setupRequest = (request: autocannon.Request) => ({
    ...request,
    headers: { ...request.headers, authorization: `Bearer ${tokens![turn++ % tokens!.length]}` }
  })
  const result = await autocannon({
    url,
    method,
    headers,
    ...(body !== undefined && { body }),
    ...(tokens && { requests: [{ setupRequest }] }),
    connections,
    duration: seconds
  })
  const measured: Measured = {
    answers: result.requests.total,
    rate: result.requests.average,
    p99: result.latency.p99,
    refused: result.non2xx + result.errors
  }
  process.send!(measured, () => process.disconnect())
})
