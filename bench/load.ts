// The load generator: a process of its own that keeps so many connections busy for so long, and says what came back.
import autocannon from 'autocannon'
import type { Load, Measured } from './measure.ts'

process.once('message', async ({ url, method = 'POST', headers = {}, body, tokens, isVerified, connections, seconds }: Load) => {
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
    ...(isVerified && { verifyBody: (answer: unknown) => !String(answer).includes('"isError":true') }),
    connections,
    duration: seconds
  })
  const measured: Measured = {
    answers: result.requests.total,
    rate: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    refused: result.non2xx + result.errors + result.mismatches
  }
  process.send!(measured, () => process.disconnect())
})
