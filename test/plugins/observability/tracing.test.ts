// Traces: which spans belong to which trace, and that a collector stops nothing.
import t from 'tap'
import { newClient, ping, tokensFor } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'

t.test('a collector that is away stops nothing', async (t) => {
  const server = await startServer(t, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } })
  t.equal(await ping(server.url, (await tokensFor(server.url, await newClient(server.url))).access), 200)
  await server.close()
})
