// Large messages count for their caller until they are answered (OW-26).
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import {
  LARGE_BOUNDS,
  LARGE_BYTES,
  LargeBodies
} from '../../../plugins/mcp/large-bodies.ts'
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
