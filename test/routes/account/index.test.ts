// The account page: what it shows of apps and activity, and the buttons that end them.
// The account page: a person sees their own apps, ends one at once, and cannot touch another's.
import { createHash, randomBytes } from 'node:crypto'
import { openAuditJournals } from '../../../plugins/observability/audit/journals.ts'
import { Browser } from '../../helpers/browser.ts'
import { signUp } from '../../helpers/oauth.ts'
import { storageTest } from '../../helpers/storages.ts'

const CALLBACK = 'https://app.example/callback'

storageTest('connected apps', async (t, start) => {
  const { url, app } = await start()
  const connect = async (name: string, email: string) => {
    const client = (await (
      await fetch(`${url}/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ client_name: name, redirect_uris: [CALLBACK] })
      })
    ).json()) as Record<string, string>
    const verifier = randomBytes(32).toString('base64url')
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: client['client_id']!,
      redirect_uri: CALLBACK,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256'
    })
    const browser = new Browser()
    const login = await browser.get(`${url}/authorize?${query}`)
    const consent = await signUp(browser, login, { email })
    await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), {
      decision: 'allow'
    })
    const tokens = (await (
      await fetch(`${url}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: client['client_id']!,
          code: browser.left!.searchParams.get('code')!,
          redirect_uri: CALLBACK,
          code_verifier: verifier
        })
      })
    ).json()) as Record<string, string>
    return { browser, tokens }
  }
  const call = async (token: string) =>
    (
      await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
      })
    ).status

  const ann = await connect('Ann’s app', 'ann@example.com')
  const bob = await connect('Bob’s app', 'bob@example.com')
  const turns = app.callerTurns
  const { next } = turns
  const waited: string[] = []
  turns.next = (caller) => {
    waited.push(caller)
    return next(caller)
  }
  const annsPage = await ann.browser.get(`${url}/account`)
  turns.next = next
  t.ok(waited.length > 0, 'made in turns with what else the same caller asks for (BW-26)')
  const bobsPage = await bob.browser.get(`${url}/account`)
  t.match(annsPage.text, 'Ann’s app')
  t.notMatch(annsPage.text, 'Bob’s app')
  const form = annsPage.forms.find(({ action }) => action === '/account/disconnect')!
  const bobsForm = bobsPage.forms.find(({ action }) => action === '/account/disconnect')!

  for (const [name, fields, status] of [
    ["another person's app", { ...form.fields, app: bobsForm.fields['app']! }, 400],
    ["another session's form", { ...form.fields, token: bobsForm.fields['token']! }, 400],
    ['no form token', { app: form.fields['app']! }, 400],
    ['an unknown app', { ...form.fields, app: '__proto__' }, 400]
  ] as const) { t.equal((await ann.browser.post(`${url}/account/disconnect`, fields)).status, status, name) }
  t.equal(
    (await ann.browser.post(`${url}/account/disconnect`, form.fields, { origin: 'https://evil.example' })).status,
    403
  )
  t.same(
    [await call(ann.tokens['access_token']!), await call(bob.tokens['access_token']!)],
    [200, 200],
    'nothing was ended'
  )

  const after = await ann.browser.submit(annsPage, ({ action }) => action === '/account/disconnect')
  t.match(after.text, 'No app is connected')
  t.same(
    [await call(ann.tokens['access_token']!), await call(bob.tokens['access_token']!)],
    [401, 200],
    'ended at once, and only this one'
  )
  const people = await Array.fromAsync(app.signIn.lifecycle.all())
  const ended = await Promise.all(['ann', 'bob'].map(async (name) => {
    const events = await app.audit.ofUser(people.find(({ email }) => email === `${name}@example.com`)!.id, 20)
    return events.filter(({ event }) => event === 'revocation').map(({ clientName }) => clientName)
  }))
  t.same(ended, [['Ann’s app'], []], 'and it is recorded')

  // Everything else a form of this page does, tried from outside first.
  for (const [path, fields] of [
    ['/account/sign-out-everywhere', {}],
    ['/account/delete', { confirm: 'delete' }]
  ] as const) {
    for (const [name, token] of [
      ["another session's form", bobsForm.fields['token']!],
      ['no form token', '']
    ] as const) {
      t.match(
        await ann.browser.post(url + path, { ...fields, token }),
        { status: 400, text: /sign_in_expired/ },
        `${path}: ${name}`
      )
    }
    t.equal(
      (
        await ann.browser.post(
          url + path,
          { ...fields, token: form.fields['token']! },
          { origin: 'https://evil.example' }
        )
      ).status,
      403,
      `${path}: another site`
    )
    t.equal(
      (await new Browser().post(url + path, { ...fields, token: form.fields['token']! })).status,
      400,
      `${path}: nobody`
    )
  }
  t.equal((await ann.browser.get(`${url}/account`)).url, `${url}/account`, 'still signed in')

  const unused = /Last used<\/dt><dd>([^<]*)/
  t.match(
    unused.exec((await bob.browser.get(`${url}/account`)).text)?.[1],
    'Not in the last 30 days'
  )
  const callTool = (token: string) =>
    fetch(url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream'
      },
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"tides"}}}'
    })
  for (let count = 0; count < 3; count++) t.equal((await callTool(bob.tokens['access_token']!)).status, 200)
  const used = (await bob.browser.get(`${url}/account`)).text
  const today = new Date().toISOString().slice(0, 10)
  t.match(
    used,
    new RegExp(`First used</dt><dd><time datetime="${today}">[^]*Last used</dt><dd><time datetime="${today}">[^]*Calls in 30 days</dt><dd>3<`)
  )
  t.match(used, /Bob’s app<\/bdi> used search|Bob’s app used search/)

  const activity = (await bob.browser.get(`${url}/account/activity.jsonl`)).text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)
  t.same(
    activity.slice(0, 2).map(({ event }) => event),
    ['sign_in', 'consent'],
    'oldest first'
  )
  t.equal(new Set(activity.map(({ user }) => user)).size, 1, "nobody else's")
  t.match((await new Browser().get(`${url}/account/activity.jsonl`)).url, /\/login\?/)

  const note = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bob.tokens['access_token']!}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream'
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","arguments":{"text":"Bob likes otters"}}}'
  })
  t.equal(note.status, 200)
  t.match((await bob.browser.get(`${url}/account/notes.json`)).text, 'Bob likes otters')
  t.notMatch((await ann.browser.get(`${url}/account/notes.json`)).text, 'otters')
  t.match((await new Browser().get(`${url}/account/notes.json`)).url, /\/login\?/)

  const asked = await bob.browser.get(`${url}/account/delete`)
  t.equal(
    (await bob.browser.post(`${url}/account/delete`, { token: asked.forms[0]!.fields['token']! })).status,
    400,
    'not without the tick'
  )
  t.equal(await call(bob.tokens['access_token']!), 200)
  t.match(
    (await bob.browser.submit(asked, () => true, { confirm: 'delete' })).text,
    'Your account was deleted'
  )
  t.equal(await call(bob.tokens['access_token']!), 401)
  t.match((await bob.browser.get(`${url}/account`)).url, /\/login\?/)
  t.match(
    (
      await bob.browser.submit(await bob.browser.get(`${url}/login`), ({ fields }) => 'password' in fields, {
        email: 'bob@example.com',
        password: 'eleven quiet otters 42'
      })
    ).status,
    401,
    'the password is gone, too'
  )
  t.same(
    await Array.fromAsync(app.notes.exportOf(activity[0]!['user']!)), [],
    'the notes are gone'
  )
  t.notMatch(
    JSON.stringify(await Array.fromAsync(openAuditJournals(app.storage).all())),
    activity[0]!['user']!,
    'and so is what happened'
  )

  const signedOut = await ann.browser.submit(
    await ann.browser.get(`${url}/account`),
    ({ action }) => action === '/account/sign-out-everywhere'
  )
  t.match(signedOut.text, 'You are signed out of all devices')
  t.match((await ann.browser.get(`${url}/account`)).url, /\/login\?/)

  const stranger = await new Browser().get(`${url}/account`)
  t.match(stranger.url, /\/login\?/)
})
