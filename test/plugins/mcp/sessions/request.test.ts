// Requests of a session that ask, and that outlive their connection.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { runInSession } from '../../../../plugins/mcp/sessions/request.ts'
import { beginSession, call, open, person } from '../../../helpers/mcp-sessions.ts'
import { openStream } from '../../../helpers/mcp.ts'
import { folder } from '../../../helpers/tool-context.ts'

t.test(
  'a tool asks on the stream of its call, several at once, and each gets its own answer (BW-10)',
  async (t) => {
    const { url } = await open(t)
    const ann = await person(url)
    const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann.client) }
    const calls = await Promise.all(
      ['a', 'b', 'c'].map((said, index) => call(url, headers, 'ask', { id: index, args: { text: said } }))
    )
    const questions = await Promise.all(calls.map(async (stream) => (await stream.until(1))[0]))
    t.match(questions[0], {
      jsonrpc: '2.0',
      method: 'elicitation/create',
      params: { message: 'Your name?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } }
    })
    t.equal(new Set(questions.map(({ id }) => id)).size, 3, 'no two questions of a session share an id')
    for (const [index, { id }] of questions.entries()) {
      const { status, text } = await ann.client.post(
        { jsonrpc: '2.0', id, result: { action: 'accept', content: { name: `N${index}` } } },
        headers
      )
      t.strictSame([status, text], [202, ''])
    }
    for (const [index, stream] of calls.entries()) {
      const said = ['a', 'b', 'c'][index]
      t.match((await stream.until(2))[1], {
        id: index,
        result: { content: [{ text: new RegExp(`^${said}:N${index}:`) }] }
      })
      await stream.ended
    }
    t.equal((await ann.client.post({ jsonrpc: '2.0', id: 'nobody asked', result: {} }, headers)).status, 202)
    const large = { action: 'accept', content: Array(1_000).fill({}) }
    t.equal((await ann.client.post({ jsonrpc: '2.0', id: 'x', result: large }, headers)).status, 400, 'more than people answer')
    t.equal(
      (await ann.client.post({ jsonrpc: '2.0', id: 1, result: {} }, ann.headers)).status,
      400,
      'an answer outside of a session'
    )
    t.match((await ann.client.legacy('tools/list', {}, headers)).headers.get('content-type'), 'application/json')
    t.equal(
      (await ann.client.legacy('tools/call', { name: 'talk' }, { ...headers, accept: 'application/json' })).status,
      200,
      'a client that reads only JSON gets JSON'
    )
    t.equal(
      (
        await ann.client.post([{ jsonrpc: '2.0', id: 1, method: 'ping' }], {
          ...headers,
          'mcp-protocol-version': '2025-03-26'
        })
      ).status,
      400
    )
  }
)

t.test(
  'a call goes on when its connection breaks, its answer waits for the client, and canceling ends it',
  async (t) => {
    const { url, log, release } = await open(t)
    const ann = await person(url)
    const id = await beginSession(ann.client)
    const headers = { ...ann.headers, 'mcp-session-id': id }
    const broken = await call(url, headers, 'held', { _meta: { progressToken: 'p' } })
    await broken.until(1)
    const [priming, progress] = broken.ids()
    broken.leave()
    release()
    while (!log.includes('held done')) await delay(5)
    const resumed = await openStream(url, { headers: { ...headers, 'last-event-id': progress! } })
    t.match(await resumed.until(1), [{ id: 5, result: { content: [{ text: 'held done' }] } }])
    await resumed.ended
    const whole = await openStream(url, { headers: { ...headers, 'last-event-id': priming! } })
    t.match(await whole.until(2), [{ method: 'notifications/progress' }, { id: 5 }], 'from the beginning')
    const other = { ...ann.headers, 'mcp-session-id': await beginSession(ann.client) }
    for (const [lastEventId, from] of [
      [progress!, other],
      ['x'.repeat(22) + '.0', headers],
      ['changes.x', headers],
      ['../..', headers]
    ] as const) {
      t.equal(
        (await openStream(url, { headers: { ...from, 'last-event-id': lastEventId } })).status,
        400,
        `${lastEventId} leads nowhere here`
      )
    }
    const cancelled = await call(url, headers, 'held', { id: 6 })
    while (log.filter((line) => line === 'held began').length < 2) await delay(5)
    await ann.client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } }, headers)
    await ann.client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 6 } }, headers)
    await cancelled.ended
    t.ok(log.includes('held aborted'))
    t.strictSame(cancelled.messages(), [], 'a cancelled request has no answer')
  }
)

t.test('a tool that was taken away while its question was open does not go on when it is answered (RU-08)', async (t) => {
  const path = join(await folder(t), 'access.json')
  const give = (tool: string) => writeFile(path, JSON.stringify({ rules: [{ who: ['everyone'], tools: [tool] }] }))
  await give('ask')
  const { url } = await open(t, { ACCESS: path })
  const ann = await person(url)
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann.client) }
  const asked = await call(url, headers, 'ask')
  const [{ id }] = await asked.until(1)
  await give('talk')
  await ann.client.post({ jsonrpc: '2.0', id, result: { action: 'accept', content: { name: 'N' } } }, headers)
  t.match((await asked.until(2))[1], { id: 5, error: { code: -32602, message: /no tool named/ } })
  await asked.ended
})

t.test('where too much is open a request is refused for a minute under its id, and is not run', async (t) => {
  const refuse = () => t.fail('nothing is asked for')
  const deps = { open: { hasRoom: () => false, add: refuse }, factory: refuse, messages: { subscribe: refuse } }
  const run = runInSession({} as never, {} as never, { jsonrpc: '2.0', id: 9, method: 'ping' }, deps as never)
  await t.rejects(run, {
    statusCode: 503,
    code: -32603,
    id: 9,
    headers: { 'retry-after': '60' }
  })
})

t.test('what is called off has no answer, also for a client that reads only JSON', async (t) => {
  const { url, log } = await open(t)
  const ann = await person(url)
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann.client) }
  const held = ann.client.legacy('tools/call', { name: 'held', arguments: {} }, {
    ...headers,
    accept: 'application/json'
  })
  while (!log.includes('held began')) await delay(5)
  await ann.client.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, headers)
  const { status, text } = await held
  t.strictSame([status, text], [202, ''])
})

t.test('a session that is ended ends what is called in it, and nobody gets an answer', async (t) => {
  const { url, log } = await open(t)
  const ann = await person(url)
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann.client) }
  const held = await call(url, headers, 'held')
  while (!log.includes('held began')) await delay(5)
  t.equal((await fetch(url, { method: 'DELETE', headers })).status, 204)
  await held.ended
  t.ok(log.includes('held aborted'))
  t.strictSame(held.messages().filter((message) => 'id' in message), [])
})
