// Notices to the owner: of each new app once a day, and of every change to the account.
// An app that is newly connected is told of to the owner of the account, by mail, and not more often than they can bear
// (threat AC-13).
import PostalMime from 'postal-mime'
import { parseEmail } from '../../../auth-backends/contract.ts'
import t, { type Test } from 'tap'
import { english } from '../../../languages/index.ts'
import { sendAppConnected } from '../../../plugins/accounts/messages.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { authorizeUrl, CALLBACK, newClient, pkce, post, walk, type TestClient } from '../../helpers/oauth.ts'
import { startServer } from '../../helpers/server.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest, type Start } from '../../helpers/storages.ts'
import { address, PASSWORD, startWithMail } from '../../helpers/with-mail.ts'

const DAY = 86_400

const smtp = await startSmtp()

t.teardown(() => smtp.stop())

async function startConnecting (t: Test, start: Start, name: string) {
  const clock = { now: 1_800_000_000 }
  const server = await startWithMail(smtp, start, { now: () => clock.now })
  const { url, app } = server
  const ann = address(t, name)
  const browser = await server.person(ann)
  const ask = (client: TestClient, from = browser) =>
    from.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, scope: 'mcp:read' }))
  const decide = (page: Page, decision = 'allow', from = browser) =>
    from.submit(page, ({ buttons }) => buttons.some(({ value }) => value === decision), { decision })
  /**
   * What the owner was told of apps so far. What is sent is begun after the answer, and waits
   * for storage first.
   */
  const told = async () => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    await app.mail.idle()
    return smtp.messages
      .filter(({ to, text }) => to === ann && /An app was connected/.test(text))
      .map(({ text }) => text)
  }
  return { ...server, clock, ann, browser, ask, decide, told }
}

storageTest('the notice of a new app says what was left out', async (t, start) => {
  const { url, browser, told } = await startConnecting(t, start, 'less')
  const client = await newClient(url)
  const page = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge }))
  await browser.submit(page, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), {
    decision: 'allow',
    read_only: 'yes',
    'without.search': 'yes'
  })
  const [message] = await told()
  for (const part of ['- Search and read', '- Read only', '- Without search']) t.ok(message!.includes(part), part)
  t.notMatch(message, /Create, edit and delete/)
})

storageTest(
  'the owner is told of a new app: its name, where the browser was sent, and what it may (AC-13)',
  async (t, start) => {
    const { url, app, ask, decide, told, browser, clock, ann, signIn } = await startConnecting(t, start, 'told')
    const client = await newClient(url, { client_name: 'Tide \u202etables' })
    await decide(await ask(client), 'deny')
    t.same(await told(), [], 'nothing was connected')
    t.same(await Array.fromAsync(app.storage.collection('appNotice').all()), [])

    await decide(await ask(client))
    const [message, ...more] = await told()
    t.same(more, [])
    for (const part of ['"Tide tables"', new URL(CALLBACK).host, 'Search and read', url, 'If it was not you']) { t.ok(message!.includes(part), part) }
    t.notMatch(message, /Create, edit and delete/, 'only what was asked for')

    await decide(await ask(client))
    t.equal(
      (await told()).length, 1,
      'not twice in a day, also where the code of before was not redeemed yet'
    )
    const done = await walk(url, client, {}, browser)
    t.equal((await post(`${url}/token`, done.form)).status, 200)
    clock.now += 2 * DAY
    const later = new Browser()
    await signIn(ann, PASSWORD, later)
    await decide(await ask(client, later), 'allow', later)
    t.equal((await told()).length, 1, 'an app that is connected is not new')

    const { id } = (await app.signIn.lifecycle.findByIdentity({
      backend: 'local',
      subject: (await app.signIn.backends.get('local')!.accounts!.find(parseEmail(ann)))!.subject
    }))!
    await app.grants.revokeAllOf(id)
    await decide(await ask(client, later), 'allow', later)
    t.equal((await told()).length, 2, 'one that was disconnected is')
  }
)

storageTest(
  'many apps at once fill no mailbox, take no other notice its place, and one app is told once (AC-13)',
  async (t, start) => {
    const { url, app, ann, ask, decide, told } = await startConnecting(t, start, 'many')
    const client = await newClient(url)
    const pages = await Promise.all(Array.from({ length: 4 }, () => ask(client)))
    await Promise.all(pages.map((page) => decide(page)))
    t.equal((await told()).length, 1, 'of four consents at once')
    for (let count = 0; count < 6; count++) await decide(await ask(await newClient(url)))
    t.equal((await told()).length, 5)
    app.mail.send({ to: ann, purpose: 'notice', subject: 'Your password was changed', text: 'x', language: 'en' })
    await told()
    t.ok(smtp.messages.some(({ to, text }) => to === ann && /Your password was changed/.test(text)))
  }
)

storageTest('ever new apps of one person leave one record, of a bounded length (OW-25)', async (t, start) => {
  const { app } = await startWithMail(smtp, start)
  const user = {
    id: 'ann',
    identities: [],
    backend: 'local',
    email: parseEmail(address(t, 'ever')),
    emailVerified: true,
    createdAt: 0,
    lastSignInAt: 0
  }
  const connect = (id: number) =>
    sendAppConnected(app, english, user, {
      clientId: `app ${id}`,
      clientName: 'App',
      host: 'app.example',
      loopback: false,
      scopes: ['mcp:read']
    })
  for (let id = 0; id < 300; id++) await connect(id)
  const stored = await Array.fromAsync(app.storage.collection<object>('appNotice').all())
  t.equal(stored.length, 1)
  t.ok(JSON.stringify(stored).length < 20_000)
})

storageTest(
  'who has no mailbox that was shown to be theirs gets no mail, and nothing is written (AC-13)',
  async (t, start) => {
    const { url, app } = await startWithMail(smtp, start)
    const sent = smtp.messages.length
    await walk(url, await newClient(url), {}, new Browser())
    await app.mail.idle()
    t.equal(smtp.messages.length, sent)
    t.same(await Array.fromAsync(app.storage.collection('appNotice').all()), [])
  }
)

storageTest(
  'without mail nothing is written, and a notice that cannot be counted keeps nobody from connecting (AC-13)',
  async (t, start) => {
    const without = await start()
    await walk(without.url, await newClient(without.url), {}, new Browser())
    t.same(await Array.fromAsync(without.app.storage.collection('appNotice').all()), [])
    const { app, url, ask, decide, browser, told } = await startConnecting(t, start, 'fault')
    const { collection } = app.storage
    app.storage.collection = ((kind: string) => ({
      ...collection(kind),
      ...(kind === 'appNotice' && {
        update: async () => {
          throw new Error('away')
        }
      })
    })) as typeof collection
    await decide(await ask(await newClient(url)))
    t.ok(browser.left!.searchParams.get('code'))
    t.same(await told(), [], 'a mailbox is not filled where nobody counts')
  }
)

t.test('a message is in the language of the request that caused it, to its last line', async (t) => {
  const env = { SUPPORT_URL: 'https://acme.example/help' }
  const { app, person, linkTo } = await startWithMail(smtp, (options) => startServer(t, options), { env })
  await person('jo@example.net')
  const sent = smtp.messages.length
  await app.inject({
    method: 'POST',
    url: '/password/forgot',
    headers: { origin: app.issuer, 'accept-language': 'ja', 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'email=jo%40example.net'
  })
  t.ok(await linkTo('jo@example.net', sent))
  const { subject, text, headers } = await PostalMime.parse(smtp.messages[sent]!.raw)
  t.equal(subject, `新しいパスワードの設定 - ${app.identity.name}`)
  t.match(text, /30分以内に次のリンクを開いて[^]*\nサポート: https:\/\/acme\.example\/help\s*$/)
  t.match(headers.find(({ key }) => key === 'content-language'), { value: 'ja' })
})
