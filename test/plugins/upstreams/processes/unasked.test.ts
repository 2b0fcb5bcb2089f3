// What a process says unasked counts for its bytes as well.
import { pino } from 'pino'
import t from 'tap'
import type { CommandTarget } from '../../../../config/upstreams.ts'
import { ProcessTransport } from '../../../../plugins/upstreams/processes/transport.ts'
import { until } from '../../../helpers/until.ts'
import { upstreamSettings } from '../../../helpers/upstream-processes.ts'

t.test('a large message that nobody asked for counts as many small ones (UH-30)', async (t) => {
  const script = `
    const text = 'x'.repeat(200_000)
    const write = (message) => process.stdout.write(
      JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
    write({ method: 'notifications/message', params: { data: text } })
    write({ id: 8, result: { text } })
    process.stdin.once('data', () => write({ id: 7, result: { text } }))`
  const settings = upstreamSettings([], { args: ['-e', script] })
  const costs: number[] = []
  const transport = new ProcessTransport(
    settings,
    settings.target as CommandTarget,
    {
      log: pino({ enabled: false }) as never,
      bounds: {
        graceMs: 100,
        maxMessageBytes: 1_000_000,
        maxUnreadBytes: 1_000,
        maxStrayLines: 1
      },
      env: {},
      said: () => ({
        isWaiting: false,
        count: (cost) => costs.push(cost),
        leave () {}
      }),
      enter () {},
      started () {},
      left () {}
    }
  )
  t.teardown(() => transport.close())
  const seen: unknown[] = []
  transport.onmessage = (message) => seen.push(message)
  await transport.start()
  t.ok(await until(() => seen.length === 2))
  t.equal(costs.length, 2)
  for (const cost of costs) t.ok(cost > 200 && cost < 300)
  await transport.send({ jsonrpc: '2.0', id: 7, method: 'ping' })
  t.ok(await until(() => seen.length === 3))
  t.equal(costs.length, 2, 'an answer costs nothing')
})
