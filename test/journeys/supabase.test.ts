// People of a Supabase project, with tools that act on their behalf: row-level security decides, for two people side by
// side, over a refreshed session, until one signs out. Supabase is @supabase/lite, its refresh tokens and policies real.
import t from 'tap'
import { Browser, type Page } from '../helpers/browser.ts'
import { ping, post } from '../helpers/oauth.ts'
import {
  PASSWORD,
  ownApp,
  personAtSupabase,
  call,
  withPassword,
  connect,
  startAt,
  ann,
  anns
} from './supabase/project.ts'

const bob = await personAtSupabase('bob@example.com', ['Bob baked bread'])
t.test('two people side by side read and write only their own rows, also over renewed sessions', async (t) => {
  const { url, app, forward } = await startAt(t)
  const [a, b] = [await connect(url, withPassword(ann.email)), await connect(url, withPassword(bob.email))]
  const readBoth = async (what: string) => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, number) => call(url, (number % 2 ? b : a).access, 'read_diary'))
    )
    answers.forEach(({ lines }, number) => t.same(lines, number % 2 ? ['Bob baked bread'] : anns, what))
  }
  await readBoth('at once')
  t.same((await call(url, a.access, 'read_diary', { owner: bob.id })).lines, [], 'naming another person shows nothing')
  t.equal(
    (await call(url, b.access, 'write_diary', { owner: ann.id, line: 'Bob was here' })).refused,
    true,
    'nor can they be written for'
  )
  t.same((await call(url, a.access, 'read_diary')).lines, anns)

  const stored = async () =>
    Promise.all(
      (await Array.fromAsync(app.storage.collection<{ sealed: string }>('backendSession').all())).map(
        async ({ id }) => (await app.signIn.upstream.peek(id))!.session
      )
    )
  const before = await stored()
  forward(3550)
  await readBoth('after the sessions were renewed')
  const after = await stored()
  t.equal(after.length, 2)
  t.ok(
    after.every((session) => !before.includes(session)),
    'there are new tokens'
  )
  forward(3550)
  await readBoth('and again')
  t.equal((await call(url, a.access, 'write_diary', { owner: ann.id, line: 'Ann saw an otter' })).refused, false)
  anns.push('Ann saw an otter')
})
t.test('what is stored shows no token of Supabase (WB-03)', async (t) => {
  const { url, app } = await startAt(t)
  await connect(url, withPassword(ann.email))
  const [record] = await Array.fromAsync(app.storage.collection('backendSession').all())
  const { session } = (await app.signIn.upstream.peek(record!.id))!
  const { access, refresh } = JSON.parse(session) as Record<string, string>
  const dump = JSON.stringify([
    record,
    await Array.fromAsync(app.storage.collection('browserSession').all()),
    await Array.fromAsync(app.storage.collection('grant').all())
  ])
  t.notOk(dump.includes(access!) || dump.includes(refresh!))
})
t.test('who signs out at Supabase is signed out here: tools, tokens and browser', async (t) => {
  const { url, app, forward } = await startAt(t)
  const theirs = await connect(url, withPassword(bob.email))
  const mine = await connect(url, withPassword(ann.email))
  const again = await connect(url, withPassword(ann.email), mine.browser)
  t.same((await call(url, again.access, 'read_diary')).lines, anns, 'two apps of one browser share one session')
  t.equal((await Array.fromAsync(app.storage.collection('backendSession').all())).length, 2)

  const elsewhere = ownApp()
  await elsewhere.auth.signInWithPassword({ email: ann.email, password: PASSWORD })
  await elsewhere.auth.signOut({ scope: 'global' })
  forward(61)
  t.match((await call(url, mine.access, 'read_diary')).text, /signed out there since.*connect this server again/)
  t.equal(await ping(url, mine.access), 401)
  t.equal(await ping(url, again.access), 401)
  t.match(await post(`${url}/token`, { ...mine.client, grant_type: 'refresh_token', refresh_token: mine.refresh }), {
    status: 400,
    body: { error: 'invalid_grant' }
  })
  t.match((await mine.browser.get(`${url}/account`)).url, '/login')
  t.same((await call(url, theirs.access, 'read_diary')).lines, ['Bob baked bread'], 'nobody else is')
})
t.test('a refresh of ours finds out as well, without a tool', async (t) => {
  const { url, forward } = await startAt(t)
  const { client, refresh, access } = await connect(url, withPassword(bob.email))
  const { body } = await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh })
  t.ok(body['access_token'])
  const elsewhere = ownApp()
  await elsewhere.auth.signInWithPassword({ email: bob.email, password: PASSWORD })
  await elsewhere.auth.signOut({ scope: 'global' })
  forward(61)
  t.match(
    await post(`${url}/token`, {
      ...client,
      grant_type: 'refresh_token',
      refresh_token: body['refresh_token'] as string
    }),
    { status: 400, body: { error: 'invalid_grant', error_description: /ended their session/ } }
  )
  t.equal(await ping(url, access), 401)
})
t.test('the session at Supabase ends with the last that stands on it here', async (t) => {
  const { url, app } = await startAt(t)
  const { browser, client, refresh } = await connect(url, withPassword(ann.email))
  const [record] = await Array.fromAsync(app.storage.collection('backendSession').all())
  const kept = JSON.parse((await app.signIn.upstream.peek(record!.id))!.session) as { access: string }
  const lives = async () => (await ownApp().auth.getUser(kept.access)).error === null
  await post(`${url}/revoke`, { ...client, token: refresh })
  t.ok(await lives(), 'the browser is still signed in')
  await browser.submit(await browser.get(`${url}/account`), ({ action }) => action === '/logout')
  t.notOk(await lives())
  t.same(await Array.fromAsync(app.storage.collection('backendSession').all()), [])
})
t.test('somebody who came another way has no rights at Supabase', async (t) => {
  const { url } = await startAt(t)
  const linkOf = (page: Page, pattern: RegExp) => new URL(pattern.exec(page.text)![1]!.replaceAll('&amp;', '&'), page.url).href
  const signUp = async (browser: Browser, first: Page) => {
    const login = await browser.get(linkOf(first, /href="([^"]*with=password[^"]*local[^"]*)"/))
    const link = linkOf(login, /href="([^"]*\/signup[^"]*backend=local[^"]*)"/)
    return browser.submit(await browser.get(link), ({ action }) => action === '/signup', {
      email: 'ann@example.com',
      password: PASSWORD
    })
  }
  const { access } = await connect(url, signUp)
  t.match((await call(url, access, 'read_diary')).text, /have not signed in with Supabase/)
})
