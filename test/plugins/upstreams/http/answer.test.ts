// An answer is bounded before anything is made of it, and a refusal is read only as far as its words.
import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { MAX_ANSWER_BYTES, parse, toResponse } from '../../../../plugins/upstreams/http/answer.ts'
import { OVERHEAD_BYTES } from '../../../../plugins/upstreams/http/events.ts'

const settings = { name: 'crm', secrets: [] }
const url = new URL('https://crm.example/mcp')

function answered (statusCode: number, body: string | undefined, headers: Record<string, string | string[]> = {}) {
  const source = new PassThrough()
  if (body !== undefined) source.end(body)
  const answer = Object.assign(source, { statusCode, statusMessage: 'words', headers }) as unknown as IncomingMessage
  return { source, response: toResponse(answer, settings, url) }
}

t.test('an answer has the members that the SDK reads', async (t) => {
  const { response } = answered(200, '{"a":1}', {
    'content-type': 'application/json',
    'set-cookie': ['a', 'b']
  })
  t.match(response, {
    status: 200,
    ok: true,
    statusText: 'words',
    body: null,
    redirected: false,
    url: url.href
  })
  t.equal(response.headers.get('Content-Type'), 'application/json')
  t.equal(response.headers.get('set-cookie'), 'a, b')
  t.equal(response.headers.get('absent'), null)
  t.equal(response.headers.has('content-type'), true)
  t.same(await response.json(), { a: 1 })
  t.equal(await answered(202, '').response.text(), '')
  t.match(answered(400, '').response, { ok: false })
})

t.test('a body that is too large is not read to its end (UH-04)', async (t) => {
  const announced = answered(200, undefined, { 'content-length': String(MAX_ANSWER_BYTES + 1) })
  await t.rejects(announced.response.json(), {
    message: /more than 4096 KB/,
    fault: 'malformed'
  })
  t.ok(announced.source.destroyed)
  const endless = answered(400, 'x'.repeat(70_000))
  await t.rejects(endless.response.text(), {
    message: /more than 64 KB/,
    fault: 'malformed'
  })
  t.ok(endless.source.destroyed)
})

t.test('what acknowledges a message is not kept: nobody reads it (UH-31)', async (t) => {
  const thanks = answered(202, 'x'.repeat(70_000))
  await t.rejects(thanks.response.text(), { message: /more than 64 KB/ })
  t.ok(thanks.source.destroyed)
})

t.test('a body of the largest size is read', async (t) => {
  const body = `"${'x'.repeat(MAX_ANSWER_BYTES - OVERHEAD_BYTES - 2)}"`
  const { response } = answered(200, body, { 'content-length': String(MAX_ANSWER_BYTES) })
  t.equal(JSON.stringify(await response.json()), body)
})

t.test('a body in endless pieces is not kept to its end: each costs memory as well (UH-04)', async (t) => {
  const { source, response } = answered(400, undefined)
  const refused = t.rejects(response.text(), { message: /more than 64 KB/ })
  for (let piece = 0; piece < 2_000; piece++) source.write(' ')
  await refused
  t.ok(source.destroyed)
})

t.test('a body that breaks off is an upstream that ended', async (t) => {
  const { source, response } = answered(200, undefined)
  const read = response.json()
  source.write('{"a"')
  source.destroy()
  await t.rejects(read, {
    message: /closed the connection/,
    fault: 'ended',
    wasSent: true
  })
})

t.test('what is said unasked, or at the start, is small: the SDK checks every member of it (BW-10)', async (t) => {
  const many = Array(5_000).fill({})
  for (const message of [{ id: 1, result: { protocolVersion: '2025-11-25', many } }, { method: 'notifications/message', params: { many } }]) {
    const refused = { fault: 'malformed', message: /too many members/ }
    t.throws(() => parse(settings, Buffer.from(JSON.stringify(message))), refused as never)
  }
  const list = { id: 1, result: { tools: many } }
  t.strictSame(parse(settings, Buffer.from(JSON.stringify(list))), list)
})

t.test('a batch is handed on in one turn: it has few messages (BW-10)', async (t) => {
  const notice = { jsonrpc: '2.0', method: 'a' }
  const read = (length: number) => {
    const batch = Array(length).fill(notice)
    const text = JSON.stringify(batch)
    return parse(settings, Buffer.from(text)) as unknown[]
  }
  t.equal(read(100).length, 100)
  const refused = {
    fault: 'malformed',
    message: /too many members/
  }
  t.throws(() => read(101), refused as never)
})

t.test('what each connection keeps of its first answer is short, also of 2026-07-28 (UH-07)', async (t) => {
  for (const version of [{ protocolVersion: '2025-11-25' }, { supportedVersions: ['2026-07-28'] }]) {
    const read = (length: number) => {
      const instructions = 'x'.repeat(length)
      const result = { ...version, instructions }
      const text = JSON.stringify({ id: 1, result })
      return parse(settings, Buffer.from(text))
    }
    t.ok(read(200_000))
    const refused = {
      fault: 'malformed',
      message: /first answer/
    }
    t.throws(() => read(300_000), refused as never)
  }
})

t.test('JSON that is none, too deep or has too many members is refused', async (t) => {
  const of = (text: string) => () => parse(settings, Buffer.from(text))
  t.throws(of('{"a"'), { fault: 'malformed', message: 'its answer is not JSON' })
  t.throws(of('['.repeat(65) + ']'.repeat(65)), {
    fault: 'malformed',
    message: /too deep/
  })
  t.throws(of(`[${'0,'.repeat(500_000)}0]`), {
    fault: 'malformed',
    message: /too many members/
  })
  t.same(of('['.repeat(64) + ']'.repeat(64))(), JSON.parse('['.repeat(64) + ']'.repeat(64)))
})

t.test('large bodies that come at once are parsed on turns of their own, small ones at once (UH-04)', async (t) => {
  let turn = 0
  let isDone = false
  const count = () => {
    turn++
    if (!isDone) setImmediate(count)
  }
  const turnsOf = async (bytes: number) => {
    const bodies = [1, 2, 3].map(() => answered(200, JSON.stringify('x'.repeat(bytes))))
    return await Promise.all(bodies.map(async ({ response }) => {
      await response.json()
      return turn
    }))
  }
  setImmediate(count)
  t.equal(new Set(await turnsOf(100_000)).size, 3)
  t.equal(new Set(await turnsOf(1_000)).size, 1)
  isDone = true
})
