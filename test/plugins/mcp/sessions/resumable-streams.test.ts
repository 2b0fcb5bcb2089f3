// What is stored for streams that broke: bounded in bytes and in time.
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createResumableStreams } from '../../../../plugins/mcp/sessions/resumable-streams.ts'
import { MAX_BYTES, MAX_PERSON_BYTES, MAX_SESSION_BYTES } from '../../../../plugins/mcp/sessions/stored-bytes.ts'
import { beginSession, offer, person, read, sizeOf, stored } from '../../../helpers/mcp-held.ts'
import { openStream } from '../../../helpers/mcp.ts'
import { type ServerOptions, startServer } from '../../../helpers/server.ts'
import { storageTest } from '../../../helpers/storages.ts'

storageTest(
  'answers stored for broken streams are bounded for a session and for a person, however many are requested (ME-01)',
  async (t, start) => {
    const { url, app } = await start({ offer })
    const ann = await person(url)
    const SIZE = 45_000
    const one = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
    let most = 0
    for (let round = 0; round < 5; round++) {
      const streams = await Promise.all([1, 2, 3].map((id) => read(url, one, SIZE, id)))
      await Promise.all(streams.map(({ ended }) => ended))
      most = Math.max(most, await sizeOf(app))
    }
    t.ok(most > SIZE && most <= MAX_SESSION_BYTES + 3 * SIZE, `${most} bytes for one session`)
    for (let session = 0; session < 6; session++) {
      const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
      await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(async (id) => (await read(url, headers, SIZE, id)).ended))
    }
    const all = await sizeOf(app)
    t.ok(all > MAX_SESSION_BYTES && all <= MAX_PERSON_BYTES + 9 * SIZE, `${all} bytes for one person`)
    t.ok(MAX_PERSON_BYTES * 20 <= MAX_BYTES && MAX_BYTES <= 2 ** 26)
  }
)

/** On SQLite, where time is an argument. */
async function openTimed (t: Test, options: ServerOptions = {}) {
  let now = Date.now() / 1000
  const server = await startServer(t, { offer, now: () => now, ...options })
  return {
    ...server,
    pass: (seconds: number) => {
      now += seconds
    }
  }
}

async function until (isSo: () => Promise<boolean>): Promise<boolean> {
  for (let waited = 0; waited < 5_000; waited += 20) {
    if (await isSo()) return true
    await delay(20)
  }
  return false
}

t.test('what a client has received is stored for seconds, what it missed for ten minutes', async (t) => {
  const { url, app, pass } = await openTimed(t, { env: { ACCESS_TOKEN_TTL: '86400' } })
  const ann = await person(url)
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
  const whole = await read(url, headers, 100)
  await whole.ended
  const [priming] = whole.ids()
  const again = await openStream(url, { headers: { ...headers, 'last-event-id': priming! } })
  t.match(
    await again.until(1),
    [{ id: 1, result: { contents: [{ text: 'x'.repeat(100) }] } }],
    'within seconds it is there'
  )
  await again.ended
  pass(11)
  t.equal((await openStream(url, { headers: { ...headers, 'last-event-id': priming! } })).status, 400)

  const call = await openStream(url, {
    method: 'POST',
    headers,
    body: { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'ask', arguments: {} } }
  })
  const [{ id: question }] = await call.until(1)
  const missed = call.ids().at(-1)!
  call.leave()
  await call.ended
  await ann.mcp.post({ jsonrpc: '2.0', id: question, result: { action: 'accept', content: { name: 'Ann' } } }, headers)
  t.ok(
    await until(async () => (await stored(app)).some(({ size, text }) => size > 500 && text.endsWith('"over":true}')))
  )
  pass(590)
  const back = await openStream(url, { headers: { ...headers, 'last-event-id': missed } })
  t.match(await back.until(1), [{ id: 5, result: {} }])
  await back.ended
  pass(11)
  t.equal((await openStream(url, { headers: { ...headers, 'last-event-id': missed } })).status, 400)
})

t.test('a large answer is sent but not stored; a client that missed it learns to send the request again', async (t) => {
  const { url, app } = await openTimed(t)
  const ann = await person(url)
  const headers = { ...ann.headers, 'mcp-session-id': await beginSession(ann) }
  const whole = await read(url, headers, 200_000)
  await whole.ended
  t.equal(whole.messages()[0].result.contents[0].text.length, 200_000)
  t.ok((await sizeOf(app)) < 2_000)
  const again = await openStream(url, { headers: { ...headers, 'last-event-id': whole.ids()[0]! } })
  t.match(await again.until(1), [
    { id: 1, error: { code: -32603, message: /too large to be stored: send the request again/ } }
  ])
  await again.ended
})

t.test('what storage does not take or give is logged, and nothing waits for it', async (t) => {
  const lines: unknown[][] = []
  const log = { warn: (...line: unknown[]) => { lines.push(line) } }
  const away = async () => { throw new Error('storage is away') }
  const found: unknown[] = [{ session: 'key' }]
  const records = { put: away, delete: away, find: async () => found.pop() ?? away() }
  const streams = createResumableStreams({
    storage: { collection: () => records } as never,
    sealing: { seal: () => '' } as never,
    bus: { publish () {}, subscribe: () => () => {}, close () {} } as never,
    now: () => 0,
    log
  })
  const connection = { write () {}, end () {} } as never
  streams.open('key', 'ann', connection, false)
  t.ok(await until(async () => lines.length === 1))
  t.match(lines[0], [{ err: { message: 'storage is away' } }, /could not be stored/])
  await streams.resume('key', `${'x'.repeat(22)}.0`, connection)
  t.ok(await until(async () => lines.length === 2))
  t.match(lines[1], [{ err: { message: 'storage is away' } }, 'a stream could not be resumed'])
})
