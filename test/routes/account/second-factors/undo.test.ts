// The link "this was not me" in the mail about the first second factor: on SQLite and on Redis.
import t, { type Test } from 'tap'
import { english } from '../../../../languages/index.ts'
import { another } from '../../../helpers/another-instance.ts'
import { Browser } from '../../../helpers/browser.ts'
import { actionIs, FACTORS, personAt, START } from '../../../helpers/factor-pages.ts'
import { asRequest } from '../../../helpers/factor-sign-in.ts'
import { appOf, codeAt, passkeyOf, userOf } from '../../../helpers/second-factors.ts'
import { startSmtp } from '../../../helpers/smtp.ts'
import { storageTest, type Start } from '../../../helpers/storages.ts'
import { afterNextChange } from '../../../helpers/users.ts'
import { address, PASSWORD, startWithMail } from '../../../helpers/with-mail.ts'

const DAY = 86_400
const smtp = await startSmtp()
t.teardown(() => smtp.stop())

type Person = Awaited<ReturnType<typeof personAt>>
const undo = ({ url }: Person, link: string, headers = {}) => new Browser().post(url + FACTORS + '/undo', { link }, headers)
const secretOf = (link: string) => new URL(link).searchParams.get('link')!
const names = async ({ app, user }: Person) => (await app.secondFactors.list(user.id)).map(({ name }) => name)

/** Whoever has the password, in the browser that is signed in, adds an app. @returns the secret of the link in the mail. */
async function addFirst (ann: Person) {
  const from = smtp.messages.length
  const { secret } = await ann.addApp()
  return { secret, link: secretOf((await ann.linkTo(ann.email, from))!) }
}

async function refused (t: Test, ann: Person, link: string, what: string) {
  const before = await names(ann)
  await ann.app.mail.idle()
  const sent = smtp.messages.length
  const answer = await undo(ann, link)
  t.match(answer, { status: 400, text: /invalid_request/ }, what)
  t.match(answer.text, /This link no longer works/, what)
  t.same(await names(ann), before, `${what}: nothing is removed`)
  await ann.app.mail.idle()
  t.equal(smtp.messages.length, sent, `${what}: nobody is told of anything`)
}

storageTest('no link but that of the first factor removes it, within three days and once; opening it changes nothing (SF-15)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, url, clock, browser, user } = ann
  const { link } = await addFirst(ann)

  await refused(t, ann, 'x', 'made up')
  await refused(t, ann, 'A'.repeat(9_000), 'long')
  await refused(t, ann, link.slice(0, -2) + (link.endsWith('AA') ? 'BB' : 'AA'), 'changed')
  t.match(await new Browser().post(url + FACTORS + '/undo', {}), { status: 400 }, 'none')
  t.equal((await undo(ann, link, { origin: 'https://evil.example' })).status, 403, 'from another site')

  const asked = smtp.messages.length
  await app.secondFactors.lost.ask({ words: english, headers: {}, ip: '192.0.2.1', log: { info () {} } } as never, user)
  await refused(t, ann, secretOf((await ann.linkTo(ann.email, asked))!), 'the link that keeps factors')

  const bob = await userOf(ann, address(t, 'bob'))
  const { factor } = await appOf(app.secondFactors, bob, clock.now, 'Bob')
  app.secondFactors.first.tellAdded({ words: english } as never, bob, factor)
  const others = secretOf((await ann.linkTo(bob.email!))!)
  t.equal((await undo(ann, others)).status, 200, 'that of another person')
  t.same(await app.secondFactors.list(bob.id), [], 'counts for them')
  t.same(await names(ann), ['Phone'], 'and for nobody else')
  await refused(t, ann, others, 'that of another person, again')

  for (let opened = 0; opened < 3; opened++) {
    const page = await new Browser().get(`${url}${FACTORS}/undo?link=${link}`)
    t.match(page, { status: 200, text: /Was it not you\?/ })
    t.equal(page.headers.get('cache-control'), 'no-store')
  }
  t.same(await names(ann), ['Phone'], 'programs that open the links in mail remove nothing')
  t.ok(await ann.isIn(browser), 'and sign nobody out')

  clock.now += 3 * DAY
  await refused(t, ann, link, 'after three days')
  t.match(await new Browser().get(`${url}${FACTORS}/undo?link=${link}`), { status: 400, text: /This link no longer works/ })
})

storageTest('the first factor, and all that came after it, go by the link in the mail, with every session (SF-15)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, url, browser, user, clock } = ann
  const { link, secret } = await addFirst(ann)
  const codes = await app.secondFactors.newRecoveryCodes(user.id)
  const { factor } = await passkeyOf(ann, user, 'Key')
  const from = smtp.messages.length
  app.secondFactors.first.tellAdded({ words: english } as never, user, factor)
  t.equal(await ann.linkTo(ann.email, from), undefined, 'only the mail about the first has a link')

  const owner = new Browser()
  const env = { SMTP_URL: smtp.url, MAIL_FROM: 'mcp@example.com', AUTH_BACKEND: 'local' }
  const two = await another(t, ann, { now: () => clock.now, env })
  t.match(await owner.get(`${two.url}${FACTORS}/undo?link=${link}`), { status: 200 }, 'on another instance as well')
  const page = await owner.get(`${url}${FACTORS}/undo?link=${link}`)
  const answers = await Promise.all([0, 1, 2, 3, 4].map((n) =>
    n % 2 === 0 ? owner.submit(page, actionIs('/undo')) : new Browser().post(`${two.url}${FACTORS}/undo`, { link }, { origin: url })
  ))
  t.same(answers.map(({ status }) => status).sort(), [200, 400, 400, 400, 400], 'of five at once on two instances, one')
  const done = answers.find(({ status }) => status === 200)!
  t.match(done.text, /Your second factors were removed/)
  t.match(done.text, /href="\/password\/forgot"/, 'on to a new password')
  // Either instance may have been the one.
  await two.app.mail.idle()
  await two.app.audit.flush()
  t.same(await names(ann), [])
  t.notOk(await ann.isIn(browser), 'who has the password only is signed out')
  t.equal(await app.secondFactors.verifyCode(user.id, codeAt(secret, clock.now)), undefined)
  t.equal(await app.secondFactors.verifyCode(user.id, codes[0]!), undefined, 'its recovery codes are void')
  t.ok((await ann.subjects()).includes('A second factor was removed, as you asked'))
  const events = await app.audit.ofUser(user.id, 20)
  t.ok(events.some(({ event, reason }) => event === 'factor_removed' && reason === 'not me'))
  t.ok(events.some(({ event }) => event === 'sign_out_everywhere'))
  t.equal((await ann.signIn(ann.email, PASSWORD, owner)).status, 200)
  t.ok(await ann.isIn(owner), 'the owner is asked for no factor')

  await refused(t, ann, link, 'used before')
  await passkeyOf(ann, (await app.signIn.lifecycle.find(user.id))!, 'My own')
  await refused(t, ann, link, 'that of another factor')
})

storageTest('whoever adds factors and removes the first, or all for a while, keeps the account no more (SF-15)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, user, clock } = ann
  const { secondFactors } = app
  const { link } = await addFirst(ann)
  const [first] = await secondFactors.list(user.id)
  await passkeyOf(ann, user, 'Key')
  await secondFactors.remove(user.id, first!.id)
  t.same(await names(ann), ['Key'], 'the first is gone')
  const [key] = await secondFactors.list(user.id)
  await secondFactors.remove(user.id, key!.id)
  await refused(t, ann, link, 'with none left')

  clock.now += 3 * DAY - 60
  for (let round = 0; round < 9; round++) {
    const { factor } = await appOf(secondFactors, user, clock.now, `Again ${round}`)
    secondFactors.first.tellAdded({ words: english } as never, user, factor)
    if (round < 8) await secondFactors.remove(user.id, factor.id)
  }
  clock.now += 2 * DAY
  t.same(await names(ann), ['Again 8'])
  t.equal((await undo(ann, link)).status, 200, 'the link that was sent first')
  t.same(await names(ann), [])
  t.same(await Array.fromAsync(app.storage.collection('secondFactors').all()), [], 'and nothing is left')
})

storageTest('what an account had for longer than three days stays, whoever adds to it (SF-12, SF-15)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, user, clock } = ann
  const { link } = await addFirst(ann)
  clock.now = START + 3 * DAY
  const from = smtp.messages.length
  const { factor } = await passkeyOf(ann, user, 'Key')
  app.secondFactors.first.tellAdded({ words: english } as never, user, factor)
  t.equal(await ann.linkTo(ann.email, from), undefined, 'no link')
  await refused(t, ann, link, 'the old one')
})

storageTest('whoever signs in by what they added while the link removes it is not in afterwards (AC-31)', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, clock } = ann
  const { link, secret } = await addFirst(ann)
  clock.now += 30
  const thief = new Browser()
  afterNextChange(app, async () => {
    const page = await ann.signIn(ann.email, PASSWORD, thief)
    await thief.submit(page, ({ fields }) => 'code' in fields, { code: codeAt(secret, clock.now) })
    t.ok(await ann.isIn(thief), 'they were')
  })
  t.equal((await undo(ann, link)).status, 200)
  t.same(await names(ann), [])
  t.notOk(await ann.isIn(thief))
})

/** Somebody with a password, where MFA requires a factor: their browser is at the page that asks for it. */
async function withDueFactor (t: Test, start: Start, name: string) {
  const server = await startWithMail(smtp, start, {
    now: () => START,
    env: { AUTH_BACKEND: 'local', MFA: 'required' }
  })
  const { app } = server
  const email = address(t, name)
  await server.signUp(email)
  const browser = new Browser()
  await browser.submit(await browser.get((await server.linkTo(email))!), () => true)
  const page = await server.signIn(email, PASSWORD, browser)
  const from = smtp.messages.length
  const secret = /<bdi>([A-Z2-7 ]+)<\/bdi>/.exec(page.text)![1]!.replaceAll(' ', '')
  const isApp = ({ fields }: { fields: Record<string, string> }) =>
    fields['enrol'] === 'app'
  const enrol = () =>
    browser.submit(page, isApp, { code: codeAt(secret, START) })
  /** The button of the mail removes what was added. */
  const undoes = async () => {
    const link = (await server.linkTo(email, from))!
    t.match(link, /\/account\/second-factors\/undo\?link=/)
    const owner = new Browser()
    const page = await owner.get(link)
    const undone = await owner.submit(page, actionIs('/undo'))
    t.equal(undone.status, 200)
    const [person] = await Array.fromAsync(app.signIn.lifecycle.all())
    t.same(await app.secondFactors.list(person!.id), [])
  }
  return { ...server, browser, page, enrol, undoes }
}

storageTest('the mail about a factor that MFA requires at the sign-in has the link, too (SF-15)', async (t, start) => {
  const { enrol, undoes } = await withDueFactor(t, start, 'due')
  t.equal((await enrol()).status, 200)
  await undoes()
})

storageTest('whoever ends the sign-in while the factor is added that MFA requires keeps the mail from nobody (SF-15)', async (t, start) => {
  const { app, browser, page, enrol, undoes } = await withDueFactor(t, start, 'ended')
  const { addApp } = app.secondFactors
  app.secondFactors.addApp = async (...asked) => {
    const added = await addApp(...asked)
    // As the same password does that is sent at the same moment from the page before.
    const handle = new URL(page.url).searchParams.get('interaction')!
    await app.signIn.interactions.consume(asRequest(browser), handle)
    return added
  }
  t.match(await enrol(), { status: 400, text: /sign_in_expired/ })
  await undoes()
})
