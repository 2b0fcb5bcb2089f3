// Lines of a process: messages are told from what programs print, and what is
// too large to be parsed still says whose answer it is.
import t from 'tap'
import { findId, readLine } from '../../../../plugins/upstreams/processes/messages.ts'
import { until } from '../../../helpers/until.ts'
import { startProcesses, upstreamSettings } from '../../../helpers/upstream-processes.ts'

const read = (text: string) => readLine(Buffer.from(text))
const idOf = (line: string) => {
  const bytes = Buffer.from(line)
  return findId(bytes.subarray(0, 512), bytes.subarray(-512))
}
const padding = 'x'.repeat(2_000)

t.test('messages and batches are read', async (t) => {
  const message = { jsonrpc: '2.0', id: 1, result: {} }
  const text = JSON.stringify(message)
  t.same(read(text), { kind: 'messages', messages: [message] })
  t.same(read(`${text}\r`), { kind: 'messages', messages: [message] })
  t.same(
    read(`[${text},${text}]`),
    { kind: 'messages', messages: [message, message] }
  )
})

t.test('what programs print is no message', async (t) => {
  const lines = [
    'Server running',
    '{"level":30}',
    '[]',
    'null',
    '1',
    '{"jsonrpc":"1.0"}',
    '{"a',
    '[1]'
  ]
  for (const line of lines) t.same(read(line), { kind: 'stray' }, line)
})

t.test('what is too deep, or has too many members, is not parsed (PR-05)', async (t) => {
  t.match(
    read('['.repeat(100_000)),
    { kind: 'excessive', why: /deeper than 64/ }
  )
  t.match(
    read(`[${'1,'.repeat(600_000)}1]`),
    { kind: 'excessive', why: /members/ }
  )
  const names = Array.from(
    { length: 10_001 },
    (_, index) => `m${index}`
  )
  const result = Object.fromEntries(
    names.map((name) => [name, 1])
  )
  t.match(
    read(JSON.stringify({ jsonrpc: '2.0', id: 1, result })),
    { kind: 'excessive', why: /10000/ }
  )
})

t.test('what is said unasked, or at the start, is small: the SDK checks every member of it (BW-10)', async (t) => {
  const many = Array(5_000).fill({})
  const serverInfo = { name: 'a', version: '1', icons: many }
  const large = [
    { id: 1, result: { protocolVersion: '2025-11-25', capabilities: {}, serverInfo } },
    { id: 1, result: { supportedVersions: many } },
    { id: 1, method: 'elicitation/create', params: { message: '', many } },
    { method: 'notifications/message', params: { level: 'info', _meta: { many } } }
  ].map((message) => ({ jsonrpc: '2.0', ...message }))
  for (const message of [...large, [large[0]]]) {
    t.match(read(JSON.stringify(message)), { kind: 'excessive', why: /members/ })
  }
  const list = { jsonrpc: '2.0', id: 1, result: { tools: many } }
  t.match(read(JSON.stringify(list)), { kind: 'messages' })
})

t.test('a batch is handed on in one turn: it has few messages, which count together (PR-03, BW-10)', async (t) => {
  const notice = { jsonrpc: '2.0', method: 'a' }
  t.match(read(JSON.stringify(Array(100).fill(notice))), { kind: 'messages' })
  const excessive = { kind: 'excessive', why: /members/ }
  const answer = { jsonrpc: '2.0', id: 1, result: {} }
  for (const message of [notice, answer]) {
    const batch = Array(101).fill(message)
    t.match(read(JSON.stringify(batch)), excessive)
  }
  const some = {
    ...notice,
    params: { some: Array(600).fill(0) }
  }
  t.match(
    read(JSON.stringify(Array(10).fill(some))),
    excessive
  )
  t.match(read(JSON.stringify(Array(1_000).fill(1))), { kind: 'stray' }, 'what a program prints')
})

t.test('what each connection keeps of its first answer is short (UH-07)', async (t) => {
  const first = (length: number) => JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    result: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      instructions: 'x'.repeat(length)
    }
  })
  t.match(read(first(200_000)), { kind: 'messages' })
  t.match(
    read(first(300_000)),
    { kind: 'excessive', why: /first answer/ }
  )
})

t.test('an answer says whose it is at its head or at its end', async (t) => {
  t.equal(idOf(`{"jsonrpc":"2.0","id":7,"result":"${padding}"}`), 7)
  t.equal(idOf(`{"id":"a-1","jsonrpc":"2.0","result":"${padding}"}`), 'a-1')
  t.equal(idOf(`{"result":"${padding}","jsonrpc":"2.0","id":8}`), 8)
  t.equal(idOf(`{"result":"${padding}","id": 9, "jsonrpc": "2.0" }\r`), 9)
})

t.test('a text in an answer is not taken for its id (PR-06)', async (t) => {
  const pretence = [
    '{"jsonrpc":"2.0","id":1,',
    `${padding}","id":1}`,
    '"id":1}',
    '\\","id":1}'
  ]
  for (const text of pretence) {
    t.equal(idOf(JSON.stringify({ result: padding + text })), undefined)
    t.equal(idOf(JSON.stringify({ result: text + padding })), undefined)
    t.equal(
      idOf(JSON.stringify({ jsonrpc: '2.0', result: text + padding, id: 2 })),
      2
    )
  }
  t.equal(idOf(JSON.stringify({ result: { a: padding, id: 1 } })), undefined)
  t.equal(idOf(JSON.stringify([{ result: padding, id: 1 }])), undefined)
})

t.test('what JSON does not know as a number or a text is no id (UH-45)', async (t) => {
  for (const id of ['007', '00', '"a\u0001"', '"a\tb"', '"\r"']) {
    const head = `{"jsonrpc":"2.0","id":${id},"result":"${padding}"}`
    const tail = `{"result":"${padding}","jsonrpc":"2.0","id":${id}}`
    t.equal(idOf(head), undefined, id)
    t.equal(idOf(tail), undefined, id)
  }
  t.equal(idOf(`{"jsonrpc":"2.0","id":0,"result":"${padding}"}`), 0)
})

t.test('a message that does not end is given up, and so is what was closed before its start (PR-05)', async (t) => {
  const { processes } = startProcesses(t, {
    bounds: { graceMs: 100, maxMessageBytes: 10_000 }
  })
  const endless = upstreamSettings([], {
    args: ['-e', 'setInterval(() => process.stdout.write("x".repeat(9_000)), 1)']
  })
  const transport = processes.open(endless, undefined)
  await transport.start()
  t.ok(await until(() => transport.fault !== undefined))
  t.match(transport.fault, {
    fault: 'malformed',
    message: /larger than 10000 bytes, and does not end/
  })
  t.ok(await until(() => processes.count === 0))
  const closed = processes.open(endless, undefined)
  await closed.close()
  await t.rejects(closed.start(), {
    fault: 'ended',
    wasSent: false,
    message: /before it was started/
  })
  t.equal(processes.count, 0)
})
