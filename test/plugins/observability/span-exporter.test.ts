// How spans reach a collector that refuses, is busy, or is away.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { createSpanExporter } from '../../../plugins/observability/span-exporter.ts'

/** Answers each request with the next status; the last one stays. */
async function collector (t: Test, ...statuses: number[]) {
  const taken: number[] = []
  const server = createServer(async (request, response) => {
    const { resourceSpans } = (await json(request)) as { resourceSpans: Array<{ scopeSpans: Array<{ spans: object[] }> }> }
    taken.push(resourceSpans[0]!.scopeSpans[0]!.spans.length)
    response.writeHead(statuses.length > 1 ? statuses.shift()! : statuses[0]!).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const lines: string[] = []
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const exporter = createSpanExporter(
    { endpoint, headers: {}, serviceName: 'x' },
    { warn: (line: unknown) => { lines.push(String(line)) } } as Parameters<typeof createSpanExporter>[1]
  )
  return { taken, lines, exporter }
}

t.test('spans are sent in batches, and the rest at the end', async (t) => {
  const { taken, lines, exporter } = await collector(t, 200)
  for (let count = 0; count < 1_300; count++) exporter.add({})
  await exporter.close()
  t.same(taken, [512, 512, 276])
  t.same(lines, [])
})

t.test('a busy collector is sent the same again, and one line says so; a refused batch is dropped', async (t) => {
  const busy = await collector(t, 503, 429, 200)
  for (let count = 0; count < 512; count++) busy.exporter.add({})
  await t.resolves(busy.exporter.close())
  const refusing = await collector(t, 400)
  for (let count = 0; count < 600; count++) refusing.exporter.add({})
  await refusing.exporter.close()
  t.same(busy.taken, [512])
  t.match(busy.lines, [/^traces could not be sent to OTEL_EXPORTER_OTLP_ENDPOINT: .*503$/])
  t.same(refusing.taken, [512, 88], 'and the next is tried')
  t.match(refusing.lines, [/refused them with 400$/])
})

t.test('of more spans than are kept, the newest are left out', async (t) => {
  const { taken, exporter } = await collector(t, 200)
  for (let count = 0; count < 10_000; count++) exporter.add({})
  await exporter.close()
  t.equal(taken.reduce((sum, count) => sum + count), 2_048)
})
