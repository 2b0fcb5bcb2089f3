// A connection to a process that does each thing wrong: what its requests get,
// and what the operator is told.
import type { ProtocolError } from '@modelcontextprotocol/client'
import t from 'tap'
import type { ProcessTransport } from '../../../../plugins/upstreams/processes/index.ts'
import { until } from '../../../helpers/until.ts'
import {
  callText,
  connectClient,
  startProcesses,
  upstreamSettings
} from '../../../helpers/upstream-processes.ts'

const refused = { name: 'UpstreamError', wasSent: false }
const BOUNDS = { graceMs: 100, maxMessageBytes: 1_000_000 }

function open (t: Parameters<typeof startProcesses>[0], faults: string[], settings = {}) {
  const started = startProcesses(t, { bounds: BOUNDS })
  const upstream = upstreamSettings(faults, {}, settings)
  return { ...started, transport: started.processes.open(upstream, undefined) }
}

/** What the transport said of its end, once it has ended. */
async function fault (transport: ProcessTransport) {
  await until(() => transport.fault !== undefined)
  return transport.fault!
}

t.test('a process that ends at once is unreachable, with its code and its last words', async (t) => {
  const { transport, said, processes } = open(t, ['--exit-at-start'])
  await t.rejects(connectClient(transport))
  const { fault: kind, message, wasSent, upstream } = await fault(transport)
  t.match(
    { kind, wasSent, upstream },
    { kind: 'unreachable', wasSent: false, upstream: 'fixture' }
  )
  t.match(message, /ended with code 7.*cannot find its license/)
  t.match(said(), /cannot find its license/)
  t.ok(await until(() => processes.count === 0))
})

t.test('a program that is missing is unreachable, and nothing is counted', async (t) => {
  const { processes } = startProcesses(t)
  const settings = upstreamSettings([], { command: 'no-such-program' })
  const transport = processes.open(settings, undefined)
  await t.rejects(transport.start(), { ...refused, fault: 'unreachable' })
  t.equal(processes.count, 0)
  await t.rejects(
    transport.send({ jsonrpc: '2.0', method: 'a' }),
    { ...refused, fault: 'ended' }
  )
  await transport.close()
})

t.test('a process that dies in a call ends the connection at once', async (t) => {
  const { transport } = open(t, ['--die-in-call', '--grandchild'])
  const client = await connectClient(transport)
  const closed = new Promise<void>((resolve) => {
    client.onclose = resolve
  })
  await t.rejects(callText(client, 'echo'))
  await closed
  const { fault: kind, message, wasSent } = transport.fault!
  t.match({ kind, wasSent }, { kind: 'ended', wasSent: true })
  t.match(message, /code 3.*dies in a call/)
  const late = transport.send({ jsonrpc: '2.0', method: 'a' })
  await t.rejects(late, { fault: 'ended', wasSent: false, message: /code 3/ })
})

t.test('a banner is ignored, and said once', async (t) => {
  const { transport, lines } = open(t, ['--banner'])
  const client = await connectClient(transport)
  t.equal(await callText(client, 'echo', { a: 1 }), '{"a":1}')
  const warnings = lines.filter(({ level }) => level === 40)
  t.match(
    warnings,
    [{ line: 'Fixture server running on stdio', upstream: 'fixture' }]
  )
})

t.test('a flood of errors is in nobody\'s way (PR-03)', async (t) => {
  const { transport, lines } = open(t, ['--flood-stderr', '20000'])
  const client = await connectClient(transport)
  t.equal(await callText(client, 'echo', { a: 1 }), '{"a":1}')
  await client.close()
  t.ok(lines.filter(({ level }) => level === 30).length <= 500)
  t.ok(lines.some(({ leftOutBytes }) => Number(leftOutBytes) > 0))
})

t.test('a program that writes no MCP is given up', async (t) => {
  const bounds = { ...BOUNDS, maxStrayLines: 3 }
  const { processes } = startProcesses(t, { bounds })
  const transport = processes.open(upstreamSettings(['--garbage']), undefined)
  await transport.start()
  for (let id = 1; id <= 4; id++) {
    await transport.send({ jsonrpc: '2.0', id, method: 'ping' })
  }
  t.match(
    await fault(transport),
    { fault: 'malformed', message: /this is no JSON/ }
  )
  t.ok(await until(() => processes.count === 0))
})

t.test('an answer that is too large or too deep costs its own request an error (PR-05)', async (t) => {
  for (const [argument, size, why] of [
    ['--big-answer', '10000000', /larger than 1000000 bytes/],
    ['--deep-answer', '1000', /deeper than 64/]
  ] as const) {
    const { transport } = open(t, [argument, size])
    const client = await connectClient(transport)
    const call = callText(client, 'echo')
    const error = (await call.catch((error) => error)) as ProtocolError
    t.match(
      error.data,
      { name: 'UpstreamError', fault: 'malformed', message: why }
    )
    t.equal((await client.listTools()).tools.length, 4)
  }
})

t.test('what is too large, and nobody\'s answer, ends the connection, and no server (UH-45)', async (t) => {
  const large = '"x".repeat(2e6)'
  for (const written of [large, `'{"id":007,"result":' + ${large}`]) {
    const script = `console.log(${written}); setInterval(() => {}, 1e5)`
    const { processes } = startProcesses(t, { bounds: BOUNDS })
    const settings = upstreamSettings([], { args: ['-e', script] })
    const transport = processes.open(settings, undefined)
    await transport.start()
    t.match(
      await fault(transport),
      { fault: 'malformed', message: /1000000 bytes/ }
    )
  }
})

t.test('what a process does not read is not kept without bound (PR-07)', async (t) => {
  const bounds = { ...BOUNDS, maxUnreadBytes: 200_000 }
  const { processes } = startProcesses(t, { bounds })
  const settings = upstreamSettings(['--deaf', '--ignore-term'])
  const transport = processes.open(settings, undefined)
  await connectClient(transport)
  const params = { text: 'x'.repeat(100_000) }
  const send = async () => {
    for (let id = 0; id < 100; id++) {
      await transport.send({ jsonrpc: '2.0', id, method: 'ping', params })
    }
  }
  await t.rejects(
    send(),
    { fault: 'busy', wasSent: false, message: /does not read/ }
  )
  await transport.close()
  t.equal(processes.count, 0)
})

t.test('what one person sends leaves room for what others send (PR-22)', async (t) => {
  const bounds = { ...BOUNDS, maxUnreadBytes: 800_000 }
  const { processes } = startProcesses(t, { bounds })
  const transport = processes.open(upstreamSettings(['--deaf', '--ignore-term']), undefined)
  await connectClient(transport)
  const send = (characters: number) => transport.send(
    { jsonrpc: '2.0', method: 'ping', params: { text: 'x'.repeat(characters) } }
  )
  // What the pipe itself takes is not known.
  const large = await Promise.allSettled(Array.from({ length: 10 }, () => send(200_000)))
  const refused = large.filter(({ status }) => status === 'rejected')
  t.ok(refused.length >= 7, `${refused.length} of ten`)
  for (let sent = 0; sent < 20; sent++) await send(15_000)
  await transport.close()
})

t.test('a flood of notifications is read slowly (PR-03)', async (t) => {
  const script = `
    const flood = '{"jsonrpc":"2.0","method":"notifications/message"}\\n'.repeat(100)
    const write = () => process.stdout.write(flood, write)
    write()`
  const { processes } = startProcesses(t, { bounds: BOUNDS })
  const settings = upstreamSettings([], { args: ['-e', script] })
  const transport = processes.open(settings, undefined)
  let count = 0
  transport.onmessage = () => {
    count++
  }
  await transport.start()
  await until(() => count > 1_000)
  const first = count
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  t.equal(count, first)
  t.equal(transport.fault, undefined)
})

t.test('a listener that throws does not reach the event loop', async (t) => {
  const { transport } = open(t, [])
  const errors: Error[] = []
  transport.onerror = (error) => {
    errors.push(error)
  }
  transport.onmessage = () => {
    throw new Error('listener')
  }
  await transport.start()
  await transport.send({ jsonrpc: '2.0', id: 1, method: 'ping' })
  await until(() => errors.length > 0)
  t.match(errors, [{ message: 'listener' }])
})

t.test('a process that is closed while it starts is ended', async (t) => {
  const { transport, processes } = open(t, ['--ignore-term'])
  const starting = transport.start()
  await transport.close()
  await starting
  t.equal(processes.count, 0)
})

/** Answers a call with progress and the result in one piece. */
const AT_ONCE = `
  const say = (...messages) => process.stdout.write(
    messages.map((one) => JSON.stringify({ jsonrpc: '2.0', ...one }) + '\\n').join('')
  )
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line)
    const { protocolVersion, _meta } = params ?? {}
    if (method === 'initialize') say({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } } })
    if (method !== 'tools/call') return
    const { progressToken } = _meta
    const progress = (progress) => ({ method: 'notifications/progress', params: { progressToken, progress } })
    say(progress(1), progress(2), { id, result: { content: [] } })
  })`

t.test('progress that comes in one piece with the answer is not lost', async (t) => {
  const { processes } = startProcesses(t)
  const client = await connectClient(
    processes.open(upstreamSettings([], { args: ['-e', AT_ONCE] }), undefined)
  )
  const heard: number[] = []
  await client.callTool({ name: 'any', arguments: {} }, { onprogress: ({ progress }) => { heard.push(progress) } })
  t.same(heard, [1, 2])
})

t.test('a process that closes its output and goes on is ended, since it answers nothing more (PR-24)', async (t) => {
  const { transport, processes } = open(t, ['--close-output'])
  const client = await connectClient(transport)
  await t.rejects(client.callTool({ name: 'echo' }), { message: /closed/i })
  t.match(await fault(transport), { fault: 'ended', message: 'it closed its standard output' })
  t.ok(await until(() => processes.count === 0))
})
