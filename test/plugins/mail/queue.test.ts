// Messages that wait: tries over minutes, a place for each mailbox, and a quick end (threats AC-06, LG-14, AW-03).
// Mail: one message for a purpose and mailbox in ten minutes, a place for each recipient, tries over minutes, a quick
// end, and the same work for a mailbox of nobody (threats AC-06, AC-07, LG-14).
import t from 'tap'
import { MAIL_WINDOW_SECONDS } from '../../../plugins/mail/index.ts'
import type { Message } from '../../../plugins/mail/lanes.ts'
import { createMailQueue } from '../../../plugins/mail/queue.ts'
import { Browser } from '../../helpers/browser.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { startWithMail } from '../../helpers/with-mail.ts'
import { message } from './message.ts'

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

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
  'however many strangers sign up, the mail of people who are known here is sent, first, and once for each recipient (AC-06)',
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

storageTest(
  'one message for a purpose and mailbox in ten minutes, whoever asks and however often (AC-06)',
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

t.test('different notices to one mailbox wait side by side, five at most; a newer link replaces an older one (AW-03)', async (t) => {
  const sent: string[] = []
  const held = Promise.withResolvers<void>()
  const { queue } = queueFor(async ({ to, text }) => {
    await held.promise
    if (to === 'ann@example.com') sent.push(text)
  })
  for (let number = 0; number < 5; number++) queue.add(message(`busy${number}@example.com`))
  const add = (purpose: Message['purpose'], text: string) => queue.add({ ...message('ann@example.com', purpose), text })
  for (const text of ['0', '1', '1', '2', '3', '4', '5']) add('notice', `notice ${text}`)
  for (const text of ['old', 'new']) add('reset', `${text} link`)
  held.resolve()
  await until(() => sent.length >= 6)
  await queue.idle()
  t.same(sent.sort(), ['new link', 'notice 1', 'notice 2', 'notice 3', 'notice 4', 'notice 5'])
})

t.test('a message that will not be sent is told, and one that is tried again is not yet', async (t) => {
  let failures = 0
  const refuse = async () => { throw Object.assign(new Error('no'), { responseCode: 550 }) }
  const { queue } = queueFor(refuse, { failed: () => { failures++ } })
  queue.add(message('ann@example.com'))
  await queue.idle()
  t.equal(failures, 1)
  await queue.close()
})

t.test('a site that fills the places of strangers takes them from itself, also where all are tried again (AC-06)', async (t) => {
  const sent: string[] = []
  let isAway = false
  const held = Promise.withResolvers<void>()
  const { queue, lines } = queueFor(async ({ to }) => {
    await held.promise
    if (isAway) throw Object.assign(new Error('x'), { code: 'ESOCKET' })
    sent.push(to)
  }, { retryAfterMs: [60_000], maxWaiting: { people: 10, strangers: 20 } })
  const add = (from: string, count: number) =>
    queue.add({ ...message(`${from}${count}@example.com`, 'confirm'), from })
  for (const phase of ['waiting', 'again']) {
    isAway = phase === 'again'
    for (let count = 0; count < 50; count++) add(`flood-${phase}-`, count)
    if (isAway) await queue.idle()
    for (const site of ['a', 'b', 'c']) add(`${site}-${phase}-`, 0)
    if (isAway) isAway = false
    held.resolve()
    await queue.idle()
    const others = sent.filter((to) => /^[abc]-/.test(to) && to.includes(phase))
    t.equal(others.length, 3, phase)
  }
  t.match(lines.at(-1), { lane: 'strangers', text: /from the same site/ })
  await queue.close()
})
