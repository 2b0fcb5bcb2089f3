// Mail: one message for a purpose and mailbox in ten minutes, a place for each recipient, tries over minutes, a quick
// end, and the same work for a mailbox of nobody (threats AC-06, AC-07, LG-14).
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { MAIL_WINDOW_SECONDS } from '../../plugins/mail/index.ts'
import type { Message } from '../../plugins/mail/lanes.ts'
import { createMailQueue } from '../../plugins/mail/queue.ts'
import { Browser } from '../helpers/browser.ts'
import { startServer } from '../helpers/server.ts'
import { startSmtp } from '../helpers/smtp.ts'
import { storageTest } from '../helpers/storages.ts'
import { PASSWORD, startWithMail } from '../helpers/with-mail.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

const message = (to: string, purpose: Message['purpose'] = 'reset'): Message => ({
  to,
  purpose,
  subject: 'x',
  text: 'x'
})

function queueFor (
  deliver: (message: Message) => Promise<void>,
  options: Partial<Parameters<typeof createMailQueue>[0]> = {}
) {
  const lines: Array<Record<string, unknown>> = []
  const log = (details: Record<string, unknown>, text?: string) => {
    lines.push({ ...(typeof details === 'string' ? { text: details } : details), ...(text !== undefined && { text }) })
  }
  return {
    lines,
    queue: createMailQueue({ deliver, log: { error: log, warn: log } as never, retryAfterMs: [1, 1], ...options })
  }
}

const until = async (isSo: () => boolean) => {
  for (let count = 0; count < 500 && !isSo(); count++) await new Promise((resolve) => setTimeout(resolve, 5))
}

t.test('what fails for the moment is tried three times; what is refused for good, once', async (t) => {
  for (const [name, error, tries, told] of [
    ['greylisting', { code: 'EENVELOPE', responseCode: 451 }, 3, 451],
    ['the mail server closes', { code: 'EMESSAGE', responseCode: 421 }, 3, 421],
    ['no connection', { code: 'ESOCKET' }, 3, undefined],
    ['no such mailbox', { code: 'EENVELOPE', responseCode: 550 }, 1, 550],
    ['wrong password', { code: 'EAUTH', responseCode: 535 }, 1, 535]
  ] as const) {
    let tried = 0
    const { queue, lines } = queueFor(async () => {
      tried++
      throw Object.assign(new Error('to ann@example.com'), error)
    })
    queue.add(message('ann@example.com'))
    await until(() => lines.length === tries)
    await queue.close()
    t.equal(tried, tries, name)
    t.match(lines.at(-1), { reason: error.code, reply: told, tries, text: /could not be sent/ }, name)
    t.notMatch(JSON.stringify(lines), 'ann@example.com', 'the log holds no address')
  }
  let tried = 0
  const { queue, lines } = queueFor(async () => {
    if (++tried < 3) throw Object.assign(new Error('x'), { code: 'EENVELOPE', responseCode: 450 })
  })
  queue.add(message('ann@example.com'))
  await until(() => tried === 3)
  await queue.close()
  t.same([tried, lines.length], [3, 2], 'the third try got through')
})

t.test(
  'AC-06: however many strangers sign up, the mail of people who are known here is sent, first, and once for each recipient',
  async (t) => {
    const sent: string[] = []
    const gate = Promise.withResolvers<void>()
    const { queue, lines } = queueFor(
      async ({ to, purpose }) => {
        await gate.promise
        sent.push(`${purpose} ${to}`)
      },
      { maxWaiting: { people: 1_000, strangers: 20 } }
    )
    const ofSignUps = ['confirm', 'choose', 'taken'] as const
    for (let count = 0; count < 500; count++) queue.add(message(`stranger${count}@example.com`, ofSignUps[count % 3]))
    for (let count = 0; count < 50; count++) queue.add(message(`person${count}@example.com`, 'reset'))
    for (let count = 0; count < 50; count++) queue.add(message('person0@example.com', 'reset'))
    gate.resolve()
    await queue.idle()
    const resets = sent.filter((line) => line.startsWith('reset'))
    t.same(
      resets,
      Array.from({ length: 50 }, (_, count) => `reset person${count}@example.com`)
    )
    t.same(sent.slice(5, 55), resets, 'after those that were on their way already')
    t.equal(sent.length - resets.length, 25, 'strangers have the places of strangers')
    t.equal(lines.filter(({ text, lane }) => /dropped/.test(String(text)) && lane === 'strangers').length, 475)
  }
)

t.test(
  'of several messages to one mailbox each purpose has its own place, and what waits for another try keeps its place',
  async (t) => {
    const sent: string[] = []
    const { queue, lines } = queueFor(
      async ({ to, purpose }) => {
        if (to === 'grey@example.com') throw Object.assign(new Error('x'), { code: 'EENVELOPE', responseCode: 451 })
        sent.push(`${purpose} ${to}`)
      },
      { retryAfterMs: [60_000], maxWaiting: { people: 2, strangers: 0 } }
    )
    for (let count = 0; count < 5; count++) queue.add(message(`${count}@example.com`))
    for (const purpose of ['notice', 'reset', 'notice'] as const) queue.add(message('ann@example.com', purpose))
    await queue.idle()
    t.same(sent.slice(5), ['notice ann@example.com', 'reset ann@example.com'])
    queue.add(message('grey@example.com'))
    queue.add(message('grey@example.com', 'notice'))
    await queue.idle()
    queue.add(message('late@example.com'))
    await queue.idle()
    t.notMatch(sent.join(), 'late')
    t.match(lines.at(-1), { lane: 'people', text: /dropped: too many wait/ })
    await queue.close()
  }
)

t.test('a stop takes a second at most, and what waits is counted in the log', async (t) => {
  const { queue, lines } = queueFor(
    () =>
      new Promise(() => {
        /* never answers */
      })
  )
  for (let count = 0; count < 8; count++) queue.add(message(`${count}@example.com`))
  const begun = performance.now()
  await queue.close()
  t.ok(performance.now() - begun < 3_000)
  t.match(lines, [{ unsent: 8, text: /not sent: the server was stopped/ }])
  queue.add(message('late@example.com'))
  t.match(lines.at(-1), { text: /dropped/ })
})

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

storageTest(
  'AC-06: one message for a purpose and mailbox in ten minutes, whoever asks and however often',
  async (t, start) => {
    const clock = { now: 1_800_000_000 }
    const { url, app, person } = await startWithMail(smtp, start, { now: () => clock.now })
    const email = `often.${t.name.includes('Redis') ? 'r' : 's'}@example.com`
    await person(email)
    const ask = (typed = email) => new Browser().post(`${url}/password/forgot`, { email: typed })
    const count = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      await app.mail.idle()
      return smtp.messages.filter(({ to, text }) => to === email && /Choose a new password/.test(text)).length
    }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ask(index % 2 ? email : ` ${email.toUpperCase()}`))
    )
    t.same([...new Set(answers.map(({ status }) => status))], [200], 'the same answer to all')
    t.equal(await count(), 1)
    clock.now += MAIL_WINDOW_SECONDS - 1
    await ask()
    t.equal(await count(), 1)
    clock.now += 1
    await ask()
    t.equal(await count(), 2)
  }
)

storageTest(
  'LG-14: a forgotten password costs the same writes whether or not there is an account',
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
