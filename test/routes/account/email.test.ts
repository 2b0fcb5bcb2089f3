// A signed-in person changes their address: the new mailbox confirms it, and no answer reveals who has an account
// (threats AC-12, LG-15).
import { parseEmail } from '../../../auth-backends/contract.ts'
import t from 'tap'
import { MAX_UNCONFIRMED_SECONDS } from '../../../auth-backends/local.ts'
import { MAIL_WINDOW_SECONDS } from '../../../plugins/mail/index.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { newClient, ping, tokensFor } from '../../helpers/oauth.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'
import { address, form, PASSWORD, startWithMail } from '../../helpers/with-mail.ts'

const NEXT = 'seven loud badgers 17'

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

/** An answer without what is the person's own. */
const words = ({ status, text }: Page, ...own: string[]) =>
  own.reduce((said, word) => said.replaceAll(word, '…'), `${status} ${text}`)

storageTest(
  'a new address counts once its link is opened; the old one is told, the subject stays',
  async (t, start) => {
    let now = 1_800_000_000
    const { url, app, person, signIn, linkTo, isIn } = await startWithMail(smtp, start, { now: () => now })
    const [ann, next] = [address(t, 'old'), address(t, 'new')]
    const browser = await person(ann)
    const local = app.signIn.backends.get('local')!.accounts!
    const { subject } = (await local.find(parseEmail(ann)))!
    const { id } = (await app.signIn.lifecycle.findByIdentity({ backend: 'local', subject }))!
    const page = await browser.get(`${url}/account/email`)
    const sent = smtp.messages.length
    for (const [fields, status] of [
      [{ email: next, password: 'not the password' }, 401],
      [{ email: 'nonsense', password: PASSWORD }, 400],
      [{ email: ann.toUpperCase(), password: PASSWORD }, 400],
      [{ email: next, password: PASSWORD, token: 'x' }, 400],
      [{ email: `${next}\r\nBcc: eve@example.net`, password: PASSWORD }, 400]
    ] as const) { t.equal((await form(browser, page, fields)).status, status, JSON.stringify(fields)) }
    t.equal(
      (
        await browser.post(
          `${url}/account/email`,
          { ...page.forms.find(({ action }) => action === '/account/email')!.fields, email: next, password: PASSWORD },
          { origin: 'https://evil.example' }
        )
      ).status,
      403
    )
    await app.mail.idle()
    t.equal(smtp.messages.length, sent, 'no message was sent for any of it')

    t.match(await form(browser, page, { email: ` ${next.toUpperCase()}`, password: PASSWORD }), {
      status: 200,
      text: /Check your email/
    })
    const link = (await linkTo(next, sent))!
    t.match(smtp.messages.slice(sent).find(({ to }) => to === ann)?.text, /If it was not you, choose a new password/)
    t.notMatch(
      Buffer.from(new URL(link).searchParams.get('link')!, 'base64url').toString('latin1'),
      next,
      'sealed: what it says can be neither read nor changed'
    )
    t.equal((await local.find(parseEmail(ann)))?.subject, subject, 'not before')
    t.equal(await local.find(parseEmail(next)), undefined)
    for (const path of ['/email/confirm', '/password/reset']) { t.equal((await browser.get(`${url}${path}${new URL(link).search}`)).status, 400, `no link of ${path}`) }

    const elsewhere = new Browser()
    const asked = await elsewhere.get(link)
    t.match(asked, { status: 200, text: new RegExp(`${next}[^]*${ann}`) })
    t.equal((await elsewhere.get(link)).status, 200, 'looking at it spends nothing')
    t.equal(
      (await elsewhere.post(`${url}/email/change`, asked.forms[0]!.fields, { origin: 'https://evil.example' })).status,
      403
    )
    const answers = await Promise.all(Array.from({ length: 5 }, () => elsewhere.submit(asked, () => true)))
    t.equal(answers.filter(({ status }) => status === 200).length, 1, 'of five at once, one')
    t.match(await elsewhere.get(link), { status: 400, text: /This link has been used or has expired/ })
    t.equal(await isIn(elsewhere), false, 'a link signs nobody in')

    t.match(await local.find(parseEmail(next)), { subject, verified: true })
    t.equal(await local.find(parseEmail(ann)), undefined)
    t.match(await app.signIn.lifecycle.find(id), {
      id,
      email: next,
      emailVerified: true,
      identities: [{ backend: 'local', subject }]
    })
    t.equal(await isIn(browser), false, 'every browser is signed out, since the link was opened in another one')
    await signIn(next, PASSWORD, browser)
    t.match((await browser.get(`${url}/account`)).text, new RegExp(`${next}[^]*Your email address was changed`))
    t.equal((await signIn(ann, PASSWORD)).status, 401, 'the old address opens nothing')
    const later = new Browser()
    await signIn(next, PASSWORD, later)
    t.equal(await isIn(later), true)
    t.match(await app.signIn.lifecycle.findByIdentity({ backend: 'local', subject }), { id, email: next })
    now += MAIL_WINDOW_SECONDS
    const stranger = await person(ann)
    t.match((await stranger.get(`${url}/account`)).text, ann, 'and is free for somebody else')
    t.equal((await Array.fromAsync(app.signIn.lifecycle.all())).length, 2)
  }
)

storageTest(
  'a taken address gets the same answer, its owner the message that sign-up sends (LG-15)',
  async (t, start) => {
    const { url, app, person, linkTo, signIn } = await startWithMail(smtp, start)
    const [ann, bob, carol, free] = [address(t, 'asks'), address(t, 'owns'), address(t, 'asks-too'), address(t, 'free')]
    const [browser, other] = [await person(ann), await person(carol)]
    await person(bob)
    const ask = async (email: string, by = browser) =>
      form(by, await by.get(`${url}/account/email`), { email, password: PASSWORD })
    let sent = smtp.messages.length
    const [taken, open] = [await ask(bob), await ask(free, other)]
    t.equal(words(taken, bob), words(open, free))
    await linkTo(free, sent)
    await linkTo(bob, sent)
    await app.mail.idle()
    const to = (email: string) => smtp.messages.slice(sent).filter((message) => message.to === email)
    t.match(to(bob), [{ text: /This address already has an account[^]*\/password\/forgot/ }])
    t.notMatch(to(bob)[0]!.text, /email\/change/)
    t.same([to(ann).length, to(carol).length], [1, 1], 'the old address is told in both cases')

    // Free when it was asked for, taken when the link is opened.
    sent = smtp.messages.length
    const late = address(t, 'late')
    await ask(late)
    const link = (await linkTo(late, sent))!
    await person(late)
    t.equal((await browser.submit(await browser.get(link), () => true)).status, 400)
    t.match((await signIn(ann, PASSWORD)).url, /\/$/, 'nothing changed')
    t.match((await signIn(late, PASSWORD)).url, /\/$/)
  }
)

storageTest(
  'without mail the address changes at once, unproven; a proof of before does not come along',
  async (t, start) => {
    const { url, app } = await start({ env: { ALLOWED_EMAILS: '@example.net' } })
    const signUp = async (email: string) => {
      const browser = new Browser()
      await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
        email,
        password: PASSWORD
      })
      return browser
    }
    const [browser] = [await signUp('ann@example.net'), await signUp('bob@example.net')]
    const { accounts } = app.signIn.backends.get('local')!
    await accounts!.confirm((await accounts!.find(parseEmail('ann@example.net')))!)
    await browser.submit(await browser.get(`${url}/login`), ({ fields }) => 'password' in fields, {
      email: 'ann@example.net',
      password: PASSWORD
    })
    const { subject } = (await accounts!.find(parseEmail('ann@example.net')))!
    t.match(await app.signIn.lifecycle.findByIdentity({ backend: 'local', subject }), { emailVerified: true })
    const page = await browser.get(`${url}/account/email`)
    t.match(page.text, 'does not send email')
    t.match(
      await form(browser, page, { email: 'bob@example.net', password: PASSWORD }),
      { status: 409, text: /already/ },
      'as sign-up says without mail'
    )
    t.match(
      await form(browser, page, { email: 'ann@evil.example', password: PASSWORD }),
      { status: 400, text: /may not sign in here/ },
      'ALLOWED_EMAILS holds'
    )
    t.match(await form(browser, page, { email: 'anna@example.net', password: PASSWORD }), {
      status: 200,
      text: /anna@example\.net/
    })
    const user = (await app.signIn.lifecycle.findByIdentity({ backend: 'local', subject }))!
    t.same([user.email, user.emailVerified], ['anna@example.net', undefined])
    t.match(await accounts!.find(parseEmail('anna@example.net')), { subject, verified: false })
    t.equal((await browser.get(`${url}/account`)).url, `${url}/account`)
  }
)

storageTest('only people whose backend keeps their password are offered to change it', async (t, start) => {
  const { url } = await start()
  const demo = new Browser()
  await demo.submit(await demo.get(`${url}/login`), ({ fields }) => fields['backend'] === 'demo')
  t.notMatch((await demo.get(`${url}/account`)).text, /account\/(password|email)/)
  for (const path of ['/account/password', '/account/email']) {
    t.match(await demo.get(url + path), { status: 400, text: /another service/ })
    t.match((await new Browser().get(url + path)).url, /\/login\?/)
  }
})

storageTest(
  'apps stay connected through both changes, and deleting the account afterwards leaves nothing',
  async (t, start) => {
    const { url, app } = await start()
    const client = await newClient(url)
    const { access: stranger } = await tokensFor(url, client)
    const browser = new Browser()
    await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
      email: 'cat@example.net',
      password: PASSWORD
    })
    await form(browser, await browser.get(`${url}/account/email`), { email: 'dog@example.net', password: PASSWORD })
    await form(browser, await browser.get(`${url}/account/password`), { present: PASSWORD, next: NEXT })
    t.match(
      (await browser.submit(await browser.get(`${url}/account/delete`), () => true, { confirm: 'delete' })).text,
      'was deleted'
    )
    for (const kind of ['account', 'accountAddress', 'accountMove']) { t.same(await Array.fromAsync(app.storage.collection(kind).all()), [], kind) }
    t.equal(await ping(url, stranger), 200)
  }
)

storageTest(
  'a sign-up that nobody confirms is gone after a day, its link with it, and the address can sign up again (AC-12)',
  async (t, start) => {
    let now = 1_800_000_000
    const { app, signUp, signIn, linkTo, isIn } = await startWithMail(smtp, start, { now: () => now })
    const ann = address(t, 'waiting')
    await signUp(ann)
    const link = (await linkTo(ann))!
    const first = (await app.signIn.backends.get('local')!.accounts!.find(parseEmail(ann)))!
    now += MAX_UNCONFIRMED_SECONDS - 1
    t.match(await signIn(ann, PASSWORD), { status: 403, text: /not been confirmed yet/ }, 'a second before')
    now += 1
    t.notMatch((await signIn(ann, PASSWORD)).text, /not been confirmed yet/, 'there is no such account')
    t.equal((await new Browser().get(link)).status, 400)
    const sent = smtp.messages.length
    await signUp(ann, NEXT)
    const again = (await linkTo(ann, sent))!
    t.match(
      smtp.messages.at(-1)!.text,
      /Confirm your email address/,
      'as for a first sign-up: the one of before does not count'
    )
    const browser = new Browser()
    await browser.submit(await browser.get(again), () => true)
    now += 2 * MAX_UNCONFIRMED_SECONDS
    await signIn(ann, NEXT, browser)
    t.equal(await isIn(browser), true, 'confirmed: it stays')
    t.not((await app.signIn.backends.get('local')!.accounts!.find(parseEmail(ann)))!.subject, first.subject)
  }
)
