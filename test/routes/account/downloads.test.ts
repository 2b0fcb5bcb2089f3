// What a person downloads: their notes, streamed a few at a time, one download at a time for each person (SW-03).
import { once } from 'node:events'
import { setImmediate, setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { connect } from 'node:net'
import { Browser } from '../../helpers/browser.ts'
import { newClient, walk } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'

/** Each is written with six letters in JSON. */
const CONTROL_CHARACTERS = '\u0001'.repeat(39_000)

t.test('all notes come as one JSON document, and the server never holds it whole (SW-03)', async (t) => {
  const { app, url } = await startServer(t)
  const browser = new Browser()
  await walk(url, await newClient(url), {}, browser)
  const [user] = await Array.fromAsync(app.signIn.lifecycle.all())
  t.same(JSON.parse((await browser.get(`${url}/account/notes.json`)).text), { notes: [] })
  const notes = app.notes.of(user!)
  for (let n = 0; n < 45; n++) await notes.create({ title: `Note ${n}`, text: `x${CONTROL_CHARACTERS}` })

  const { text, status } = await browser.get(`${url}/account/notes.json`)
  t.equal(status, 200)
  const saved = JSON.parse(text) as { notes: Array<Record<string, unknown>> }
  t.equal(new Set(saved.notes.map(({ id }) => id)).size, 45)
  t.match(saved.notes[0], { id: /^note:/, version: 1, created: /Z$/, modified: /Z$/, text: `x${CONTROL_CHARACTERS}` })

  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const { host, hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write(`GET /account/notes.json HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
  const second = await browser.get(`${url}/account/notes.json`)
  t.equal(second.status, 429, 'a second one at the same time')
  t.match(second.text, 'too_many_requests')
  t.equal(second.headers.get('retry-after'), '5')
  socket.destroy()
  let status3 = 429
  for (let tries = 0; tries < 500 && status3 === 429; tries++) {
    await setImmediate()
    status3 = (await browser.get(`${url}/account/notes.json`)).status
  }
  t.equal(status3, 200, 'a download that is left makes way for the next')

  const left = connect(Number(port), hostname)
  left.write(`GET /account/notes.json HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`)
  t.match(String((await once(left, 'data'))[0]), /^HTTP.1.1 200/)
  left.pause()
  await app.signIn.lifecycle.lock(user!.id)
  await wait(1_200)
  let received = ''
  left.on('error', () => {}).on('data', (part) => { received += part }).resume()
  await once(left, 'close')
  t.notMatch(received, ']}', 'locked on the way: it ends within about a second (SW-07)')
})

t.test('events are read as they are sent: who does not read on holds a few of them (SW-03)', async (t) => {
  const { app, url } = await startServer(t)
  const browser = new Browser()
  await walk(url, await newClient(url), {}, browser)
  const [user] = await Array.fromAsync(app.signIn.lifecycle.all())
  const written = Array.from({ length: 300 }, (_, n) => n)
  for (const ms of written) app.audit.note('refresh', { user: user!.id, ms })
  const { text } = await browser.get(`${url}/account/activity.jsonl`)
  const events = text.trim().split('\n').map((line) => JSON.parse(line) as { ms?: number })
  t.same(events.flatMap(({ ms }) => ms ?? []), written, 'the oldest first')

  const held = app.audit.allOfUser(user!.id)[Symbol.asyncIterator]()
  await held.next()
  app.audit.note('refresh', { user: user!.id, ms: 300 })
  await app.audit.flush()
  let last: unknown
  for (let next; !(next = await held.next()).done;) last = next.value
  t.match(last, { ms: 300 }, 'what comes later was not read yet')
})
