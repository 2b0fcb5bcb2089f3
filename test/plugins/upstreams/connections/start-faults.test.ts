// What is said of an upstream that does not start to speak, and of
// what it asks for that nobody answers.
import { mock } from 'node:test'
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client'
import t from 'tap'
import { connect, type Dialect } from '../../../../plugins/upstreams/connections/connect.ts'
import { httpSettings } from '../../../helpers/http-upstreams.ts'
import { settingsOf } from '../../../helpers/memory-upstream.ts'

const legacy = (kind: Dialect['kind']): Dialect => ({ kind, era: 'legacy' })

/** @param answer what it says to the first request; nothing without it. */
function script (answer?: object) {
  const sent: JSONRPCMessage[] = []
  const warned: string[] = []
  const transport: Transport = {
    start: async () => {},
    close: async () => {},
    async send (message) {
      sent.push(message)
      const isFirst = 'id' in message && sent.length === 1
      if (isFirst && answer) transport.onmessage?.({ jsonrpc: '2.0', id: message.id, ...answer } as JSONRPCMessage)
    }
  }
  const begin = (settings: object, dialect: Dialect) => connect({
    settings,
    dialect,
    openTransport: () => transport,
    isPersonal: false,
    mayAsk: false,
    onResourceUpdated () {},
    onEnd () {},
    signal: new AbortController().signal,
    waiting: new Map(),
    log: { debug () {}, warn: (line: string) => warned.push(line) }
  } as never)
  return { transport, sent, warned, begin }
}
const nextTurn = () => new Promise(setImmediate)

t.test('one that says nothing is given up after its time, in words that say where to look', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  for (const [settings, dialect, ms, message] of [
    [httpSettings('http://crm.test/'), legacy('streamable'), 15_000, /within 15 seconds: look at the log of that server/],
    [settingsOf(), legacy('stdio'), 60_000, /was started, and answered nothing within 60 seconds.*may still be downloading/]
  ] as const) {
    const { begin, sent } = script()
    const refused = t.rejects(begin(settings, dialect), {
      fault: 'unreachable',
      wasSent: false,
      message
    })
    while (sent.length === 0) await nextTurn()
    mock.timers.tick(ms)
    await refused
  }
})

t.test('one that refuses the connection is away, in its own words without secrets (UH-06)', async (t) => {
  const { begin } = script({ error: { code: -32000, message: 'wrong key s3cret-key' } })
  await t.rejects(begin(settingsOf({ secrets: ['s3cret-key'] }), legacy('stdio')), {
    fault: 'unreachable', wasSent: false, message: /^it refused the connection: .*wrong key \[secret\]$/
  })
})

t.test('what it asks for that is not passed on is refused each time, and said once (UP-03)', async (t) => {
  const serverInfo = { name: 'crm', version: '1' }
  const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo }
  const { begin, transport, sent, warned } = script({ result })
  await begin(settingsOf(), legacy('stdio'))
  sent.length = 0
  const methods = ['sampling/createMessage', 'roots/list', 'elicitation/create']
  for (const [id, method] of methods.entries()) {
    transport.onmessage!({ jsonrpc: '2.0', id, method, params: {} })
    while (sent.length <= id) await nextTurn()
  }
  t.match(sent, methods.map((_, id) => ({ id, error: { code: -32601, message: 'Method not found' } })))
  t.same(warned, ['upstream asked for "sampling/createMessage", which is not passed on'])
})
