// Large messages count for their caller until they are answered (OW-26).
import { once } from 'node:events'
import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import {
  LARGE_BOUNDS,
  LARGE_BYTES,
  LargeBodies
} from '../../../plugins/mcp/large-bodies.ts'
import { PUBLIC, start } from '../../helpers/mcp-endpoint.ts'
import {
  beginSession,
  call,
  open,
  person
} from '../../helpers/mcp-sessions.ts'
import { until } from '../../helpers/until.ts'

const MEGABYTE = 1024 * 1024
const refused = {
  name: 'JsonRpcError',
  statusCode: 503,
  code: -32603,
  headers: { 'retry-after': '5' }
}

function begin (bodies: LargeBodies, address: string, bytes = MEGABYTE) {
  const request = {} as FastifyRequest
  bodies.note(request, bytes)
  return bodies.hold(request, { access: null, address })
}

t.test('one caller has a share, and small messages count for nothing', async (t) => {
  const bodies = new LargeBodies()
  t.equal(begin(bodies, '192.0.2.1', LARGE_BYTES), undefined)
  const most = LARGE_BOUNDS.perCaller / MEGABYTE
  const held = Array.from({ length: most }, () => begin(bodies, '192.0.2.1'))
  t.throws(() => begin(bodies, '192.0.2.1', LARGE_BYTES + 1), refused)
  t.equal(begin(bodies, '192.0.2.1', LARGE_BYTES), undefined)
  t.ok(begin(bodies, '192.0.2.2'), 'others have their own')
  const [first] = held
  first!.keep()
  first!.done()
  t.throws(() => begin(bodies, '192.0.2.1'), refused, 'one more works with it')
  first!.done()
  t.ok(begin(bodies, '192.0.2.1'))
  t.throws(() => begin(bodies, '192.0.2.1'), refused)
})

t.test('one site of IPv6 is one caller', async (t) => {
  const bodies = new LargeBodies()
  for (let network = 0; network < 16; network++) {
    begin(bodies, `2001:db8:1:${network}::`)
  }
  t.throws(() => begin(bodies, '2001:db8:1:ffff::'), refused)
  t.ok(begin(bodies, '2001:db8:2::'))
})

t.test('once half of the room is taken, a share is a quarter; never more than all', async (t) => {
  const bodies = new LargeBodies()
  const take = (address: string, count: number) =>
    Array.from({ length: count }, () => begin(bodies, address))
  take('192.0.2.1', 16)
  const [some] = take('192.0.2.2', 16)
  t.throws(() => begin(bodies, '192.0.2.1'), refused)
  take('192.0.2.3', 4)
  t.throws(() => begin(bodies, '192.0.2.3'), refused)
  for (let caller = 4; caller < 11; caller++) take(`192.0.2.${caller}`, 4)
  t.throws(() => begin(bodies, '192.0.2.99'), refused, 'all is taken')
  some!.done()
  t.ok(begin(bodies, '192.0.2.99'))
})

t.test('until a call has ended, also one whose client has gone', async (t) => {
  const { url, log, release } = await open(t)
  const ann = await person(url)
  const bob = await person(url)
  const id = await beginSession(ann.client)
  const inSession = { ...ann.headers, 'mcp-session-id': id }
  const _meta = { pad: 'x'.repeat(1_000_000), progressToken: 'p' }
  const inWhole = { name: 'held', _meta }
  const json = { accept: 'application/json' }
  const later: Array<Promise<{ status: number }>> = []
  // As one JSON object, on a stream, and in a session.
  for (let each = 0; each < 5; each++) {
    later.push(ann.client.modern('tools/call', inWhole, json))
    later.push(ann.client.modern('tools/call', inWhole))
    const stream = await call(url, inSession, 'held', { id: each, _meta })
    await stream.until(1)
    stream.leave()
  }
  later.push(ann.client.modern('tools/call', inWhole))
  const began = () => log.filter((line) => line === 'held began').length
  t.ok(await until(() => began() === 16))
  const send = async ({ client }: typeof ann, params: object) =>
    await client.modern('tools/call', { name: 'talk', ...params })
  const { status, json: answer, headers } = await send(ann, { _meta })
  t.match([status, answer.error.code], [503, -32603])
  t.equal(headers.get('retry-after'), '5')
  t.equal((await send(ann, {})).status, 200, 'small ones are answered')
  t.equal((await send(bob, { _meta })).status, 200, 'and those of others')
  // Nothing of a refused one stays.
  await delay(50)
  t.equal((await send(ann, { _meta })).status, 503)
  release()
  const statuses = (await Promise.all(later)).map(({ status }) => status)
  t.same(new Set(statuses), new Set([200]))
  const isFree = async () => (await send(ann, { _meta })).status === 200
  t.ok(await until(isFree))
  t.equal(log.filter((line) => line === 'held done').length, 16)
  const all = Array.from({ length: 16 }, () =>
    ann.client.modern('tools/call', inWhole))
  t.ok(await until(() => began() === 32), 'no place is lost')
  release()
  await Promise.all(all)
})

t.test('what waits for its turn to be parsed counts for its sender until then (OW-26)', async (t) => {
  const bodies = new LargeBodies()
  const begun = Array.from(
    { length: LARGE_BOUNDS.perCaller / MEGABYTE }, () => bodies.wait('ann', MEGABYTE)
  )
  t.throws(() => bodies.wait('ann', MEGABYTE), refused)
  bodies.wait('ann', LARGE_BYTES)()
  bodies.wait('bob', MEGABYTE)()
  for (const one of begun) one()
  bodies.wait('ann', LARGE_BOUNDS.perCaller)()
})

const MOST = LARGE_BOUNDS.perCaller / MEGABYTE
const small = LARGE_BYTES - 1

t.test('small ones that wait for their turn have twice as much (OW-26)', async (t) => {
  const bodies = new LargeBodies()
  const count = 2 * LARGE_BOUNDS.perCaller / LARGE_BYTES
  for (let n = 0; n < count; n++) bodies.wait('ann', small)
  bodies.wait('ann', count)
  t.throws(() => bodies.wait('ann', 1), refused)
  bodies.wait('bob', small)
})

t.test('what is on its way counts for its sender (OW-26)', async (t) => {
  const bodies = new LargeBodies()
  const arrive = (bytes?: number, sender = 'ann') => {
    const body = new PassThrough().resume()
    body.on('error', () => {})
    bodies.arrive(sender, body, bytes)
    return body
  }
  const [first, second] = Array.from({ length: MOST }, () => arrive(MEGABYTE))
  t.throws(() => arrive(MEGABYTE), refused)
  arrive(small)
  arrive(MEGABYTE, 'bob')
  first!.end()
  await once(first!, 'end')
  arrive(MEGABYTE)
  t.throws(() => arrive(MEGABYTE), refused, 'what was refused took nothing')
  second!.destroy()
  await once(second!, 'close')
  const last = arrive()
  last.write(Buffer.alloc(MEGABYTE))
  await delay(1)
  t.notOk(last.destroyed, 'without a length, as it comes')
  const tooMuch = arrive()
  tooMuch.write(Buffer.alloc(small))
  await delay(1)
  t.notOk(tooMuch.destroyed, 'a small one comes')
  tooMuch.write(Buffer.alloc(2))
  t.match(await once(tooMuch, 'error'), [refused])
  last.destroy()
  await once(last, 'close')
  arrive(MEGABYTE)
})

t.test('bodies that are begun on many connections at once are refused unread (OW-26)', async (t) => {
  const { port, legacy } = await start(t)
  const begin = async (person: string) => {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    const head = [
      'POST / HTTP/1.1',
      `Host: ${new URL(PUBLIC).host}`,
      `Authorization: Bearer ${person}`,
      'Content-Type: application/json',
      `Content-Length: ${MEGABYTE}`
    ]
    let answer = ''
    socket.on('data', (bytes) => { answer += String(bytes) })
    socket.write(`${head.join('\r\n')}\r\n\r\n{`)
    return { socket, answer: () => answer }
  }
  const all = await Promise.all(
    Array.from({ length: MOST + 2 }, () => begin('alice'))
  )
  const refusals = () =>
    all.filter(({ answer }) => /^HTTP\/1.1 503[^]*-32603/.test(answer()))
  t.ok(await until(() => refusals().length === 2))
  const ping = await legacy('ping')
  t.equal(ping.status, 200, 'small ones are answered')
  const bob = await begin('bob')
  await delay(20)
  t.equal(bob.answer(), '', 'and those of others are read')
  all.find(({ answer }) => answer() === '')!.socket.destroy()
  const isRead = async () => {
    const again = await begin('alice')
    await delay(20)
    return again.answer() === ''
  }
  t.ok(await until(isRead))
})
