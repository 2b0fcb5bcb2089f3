// Mail: one message for a purpose and mailbox in ten minutes, a place for each recipient, tries over minutes, a quick
// end, and the same work for a mailbox of nobody (threats AC-06, AC-07, LG-14).
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { Browser } from '../../helpers/browser.ts'
import { startServer } from '../../helpers/server.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { PASSWORD, startWithMail } from '../../helpers/with-mail.ts'
import { message } from './message.ts'

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

const until = async (isSo: () => boolean) => {
  for (let count = 0; count < 500 && !isSo(); count++) await new Promise((resolve) => setTimeout(resolve, 5))
}

t.test('with a mail server that never greets, the whole server stops in time', async (t) => {
  const sockets = new Set<Socket>()
  const silent = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
  const logTo = new PassThrough()
  let logged = ''
  logTo.on('data', (part) => {
    logged += String(part)
  })
  const server = await startServer(t, {
    logTo,
    env: {
      LOG_LEVEL: 'warn',
      AUTH_BACKEND: 'local',
      SMTP_URL: `smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      MAIL_FROM: 'a@example.com'
    }
  })
  server.app.mail.send(message('ann@example.com'))
  await until(() => sockets.size > 0)
  const begun = performance.now()
  await server.app.close()
  t.ok(performance.now() - begun < 5_000)
  t.match(logged, /"unsent":1,"msg":"messages were not sent/)
})

t.test('a mail server that says an empty line now and then, and never answers, holds up nothing (AC-41)', async (t) => {
  const sockets: Socket[] = []
  const slow = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write('220 mail.example.com\r\n')
    const dribble = setInterval(() => socket.write('\r\n'), 20)
    socket.resume().on('close', () => clearInterval(dribble))
  })
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    slow.close()
  })
  const { timeout } = AbortSignal
  // What takes a minute takes a moment.
  AbortSignal.timeout = (milliseconds) => timeout(milliseconds === 60_000 ? 200 : milliseconds)
  t.teardown(() => {
    AbortSignal.timeout = timeout
  })
  const server = await startServer(t, {
    env: {
      AUTH_BACKEND: 'local',
      SMTP_URL: `smtp://127.0.0.1:${(slow.address() as AddressInfo).port}`,
      MAIL_FROM: 'a@example.com'
    }
  })
  // As many are sent at once as there are connections: the last of these waits for one.
  for (let number = 0; number < 6; number++) server.app.mail.send(message(`ann${number}@example.com`))
  await until(() => sockets.length > 5)
  t.ok(sockets.length > 5)
  await until(() => sockets.slice(0, 5).every(({ destroyed }) => destroyed))
  t.ok(sockets.slice(0, 5).every(({ destroyed }) => destroyed), 'and no connection stays')
})

storageTest(
  'a forgotten password costs the same writes whether or not there is an account (LG-14)',
  async (t, start) => {
    const { url, app, signUp, linkTo } = await startWithMail(smtp, start)
    const email = `there.${t.name.includes('Redis') ? 'r' : 's'}@example.com`
    await signUp(email, PASSWORD)
    await linkTo(email)
    const kinds = ['account', 'accountAddress', 'interaction', 'mailSent', 'accountLink', 'user', 'identity']
    const records = async () =>
      Object.fromEntries(
        await Promise.all(
          kinds.map(async (kind) => [kind, (await Array.fromAsync(app.storage.collection(kind).all())).length] as const)
        )
      )
    const cost = async (typed: string) => {
      const before = await records()
      await new Browser().post(`${url}/password/forgot`, { email: typed })
      await new Promise((resolve) => setTimeout(resolve, 50))
      await app.mail.idle()
      const after = await records()
      return kinds.map((kind) => after[kind]! - before[kind]!)
    }
    t.same(await cost(email), await cost('nobody@example.com'))
    t.same(await cost(email), [0, 0, 0, 0, 0, 0, 0], 'and nothing within ten minutes')
    t.same(await cost('nobody@example.com'), [0, 0, 0, 0, 0, 0, 0])
  }
)

storageTest('whoever asks again has no link or message made, which would tell an account from none (LG-14)', async (t, start) => {
  const { url, app, signUp, linkTo } = await startWithMail(smtp, start)
  const email = `asked.${t.name.includes('Redis') ? 'r' : 's'}@example.com`
  await signUp(email, PASSWORD)
  await linkTo(email)
  const { issue } = app.accountLinks
  let issued = 0
  app.accountLinks.issue = (link) => {
    issued++
    return issue(link)
  }
  for (let n = 0; n < 3; n++) {
    await new Browser().post(`${url}/password/forgot`, { email })
    await new Promise((resolve) => setTimeout(resolve, 50))
    await app.mail.idle()
  }
  t.equal(issued, 1)
})

storageTest('mailboxes that are made up leave a bounded number of records, and none in the place of an account (ST-08)', async (t, start) => {
  const { app } = await startWithMail(smtp, start)
  const count = async () => (await Array.fromAsync(app.storage.collection('mailSent').all())).length
  const before = await count()
  for (let n = 0; n < 3_000; n++) app.mail.sendOnRequest({ to: `${n}@example.org`, purpose: 'reset' })
  await app.mail.idle()
  t.ok((await count()) - before <= 1_024)
  const to = `there.${t.name.includes('Redis') ? 'r' : 's'}@example.org`
  const from = smtp.messages.length
  app.mail.send({ ...message(to), purpose: 'reset' })
  await until(() => smtp.messages.slice(from).some((sent) => sent.to === to))
  t.pass('it is sent all the same')
})

t.test('requested changes of address use up no notice of a change that is made, and what is dropped is logged (AW-06)', async (t) => {
  const logTo = new PassThrough()
  let logged = ''
  logTo.on('data', (part) => {
    logged += String(part)
  })
  const { url, app, person } = await startWithMail(smtp, (options) => startServer(t, options), {
    logTo,
    env: { AUTH_BACKEND: 'local', SIGNUP: 'open', LOG_LEVEL: 'warn' }
  })
  const ann = 'ann.requested@example.org'
  const browser = await person(ann)
  const from = smtp.messages.length
  for (let n = 0; n < 6; n++) {
    const page = await browser.get(`${url}/account/email`)
    await browser.submit(page, ({ action }) => action === '/account/email', { email: `x${n}@example.net`, password: PASSWORD })
    await app.mail.idle()
  }
  const page = await browser.get(`${url}/account/password`)
  await browser.submit(page, ({ action }) => action === '/account/password', { present: PASSWORD, next: 'seven loud herons 77 at dawn' })
  await until(() => smtp.messages.slice(from).filter(({ to }) => to === ann).length > 1)
  const texts = smtp.messages.slice(from).filter(({ to }) => to === ann).map(({ text }) => text)
  t.equal(texts.length, 2, 'one for all requests, and one for the change')
  t.match(texts[1], /password/i)
  t.match(logged, /"purpose":"requested","msg":"a message was dropped/)
})

t.test('a message that cannot be written is named to the operator, without its address', async (t) => {
  const logTo = new PassThrough()
  const { app } = await startServer(t, {
    logTo,
    env: {
      LOG_LEVEL: 'warn',
      AUTH_BACKEND: 'local',
      SMTP_URL: smtp.url,
      MAIL_FROM: 'a@example.com'
    }
  })
  const to = { to: 'unwritten@example.com', purpose: 'reset' } as never
  app.mail.sendOnRequest(to, () => { throw new Error('no such text') })
  await app.mail.idle()
  const logged = String(logTo.read())
  t.match(logged, /no such text.*a message was not sent: it could not be written/)
  t.notMatch(logged, /unwritten@/)
  t.notOk(smtp.messages.some(({ to }) => to.startsWith('unwritten')))
})
