// What a process still has to answer: nothing of what was canceled.
import t from 'tap'
import { Asked } from '../../../../plugins/upstreams/processes/asked.ts'
import { until } from '../../../helpers/until.ts'
import { callText, connectClient, startProcesses, upstreamSettings } from '../../../helpers/upstream-processes.ts'

const request = (id: number) => ({ jsonrpc: '2.0' as const, id, method: 'tools/call' })
const answer = (id: number) => ({ jsonrpc: '2.0' as const, id, result: {} })
const cancel = (requestId: number) => ({ jsonrpc: '2.0' as const, method: 'notifications/cancelled', params: { requestId } })

t.test('a request is open until it is answered or canceled, and each is answered once', async (t) => {
  const asked = new Asked()
  t.ok(asked.noteSent(request(1)))
  t.notOk(asked.isNothing)
  t.ok(asked.noteReceived(answer(1)))
  t.notOk(asked.noteReceived(answer(1)))
  t.match(asked, { isNothing: true, mayBeAnswered: false })
  asked.noteSent(request(2))
  t.notOk(asked.noteSent(cancel(2)))
  t.match(asked, { isNothing: true, mayBeAnswered: true })
  t.ok(asked.noteReceived(answer(2)), 'an answer that was on its way is one')
  t.notOk(asked.noteSent(cancel(3)), 'what was never asked')
  t.notOk(asked.mayBeAnswered)
  asked.noteSent({ jsonrpc: '2.0', id: 'first', method: 'server/discover' })
  asked.noteSent({ jsonrpc: '2.0', id: 4, method: 'initialize' })
  asked.noteReceived(answer(4))
  t.match(asked, { isNothing: true, mayBeAnswered: true }, 'a first question that an earlier version left unanswered')
  t.ok(asked.noteReceived({ jsonrpc: '2.0', id: 'first', result: {} }))
  for (let id = 10; id < 1_020; id++) {
    asked.noteSent(request(id))
    asked.noteSent(cancel(id))
  }
  t.same([10, 19, 20, 1_019].map((id) => asked.noteReceived(answer(id))), [false, false, true, true])
})

/** Never answers a call. */
const SILENT = `
  const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n')
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params } = JSON.parse(line)
    const { protocolVersion } = params ?? {}
    if (method === 'initialize') say({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } } })
  })`

t.test('a process whose only request was canceled makes room for one that somebody needs (PR-21)', async (t) => {
  const { processes } = startProcesses(t, { bounds: { maxProcesses: 1, graceMs: 50 } })
  const open = (args: string[]) => processes.open(upstreamSettings([], { args }), { id: args.join(), groups: [], clientId: 'app' })
  const silent = open(['-e', SILENT])
  const client = await connectClient(silent)
  const canceled = new AbortController()
  const call = client.callTool({ name: 'any', arguments: {} }, { signal: canceled.signal })
  t.ok(await until(() => !silent.isIdle))
  canceled.abort()
  await t.rejects(call)
  t.ok(silent.isIdle)
  const other = processes.open(upstreamSettings(), { id: 'bob', groups: [], clientId: 'app' })
  t.equal(await callText(await connectClient(other), 'echo', { a: 1 }), '{"a":1}')
  t.ok(silent.isClosed)
})
