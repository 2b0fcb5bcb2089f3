// People of a Supabase project, with tools that act as them: row-level security decides, for two people side by side,
// over a renewed session, until somebody signs out. Supabase is @supabase/lite, its refresh tokens and policies real.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@supabase/supabase-js'
import t, { type Test } from 'tap'
import { z } from 'zod'
import { defineTool, type Tool } from '../../authoring/tool.ts'
import { Browser, type Page } from '../helpers/browser.ts'
import { authorizeUrl, newClient, ping, pkce, post } from '../helpers/oauth.ts'
import { startServer } from '../helpers/server.ts'
import { startSupabase } from '../helpers/supabase-lite.ts'

const PASSWORD = 'Copper kettle on a tram'
const project = await startSupabase({
  schema: `
    create table diary (id uuid primary key default gen_random_uuid(), owner uuid not null references auth.users(id), line text not null);
    alter table diary enable row level security;
    create policy "read own" on diary for select to authenticated using (auth.uid() = owner);
    create policy "write own" on diary for insert to authenticated with check (auth.uid() = owner);`
})
t.teardown(() => project.stop())

/** As the person's own app, which knows nothing of this server. */
const ownApp = () =>
  createClient(project.url, project.anonKey, { auth: { persistSession: false, autoRefreshToken: false } })

async function personAtSupabase (email: string, lines: string[]): Promise<{ email: string; id: string }> {
  const app = ownApp()
  await app.auth.signUp({ email, password: PASSWORD })
  await project.confirm(email)
  const { data } = await app.auth.signInWithPassword({ email, password: PASSWORD })
  const { error } = await app.from('diary').insert(lines.map((line) => ({ owner: data.user!.id, line })))
  if (error) throw new Error(error.message)
  return { email, id: data.user!.id }
}

const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
const tools: Tool[] = [
  defineTool({
    name: 'read_diary',
    title: 'Read the diary',
    description: 'Returns the lines of a diary.',
    input: z.object({ owner: z.string().optional() }),
    output: z.object({ lines: z.array(z.string()) }),
    annotations,
    scopes: ['mcp:read'],
    async run ({ owner }, { supabase }) {
      const rows = (await supabase()).from('diary').select('line')
      const { data, error } = await (owner ? rows.eq('owner', owner) : rows).order('line')
      if (error) throw new Error(error.message)
      return { lines: data.map(({ line }) => line as string) }
    }
  }) as unknown as Tool,
  defineTool({
    name: 'write_diary',
    title: 'Write into the diary',
    description: 'Adds a line to a diary.',
    input: z.object({ owner: z.string(), line: z.string() }),
    output: z.object({ refused: z.boolean() }),
    annotations: { ...annotations, readOnlyHint: false },
    scopes: ['mcp:write'],
    async run (row, { supabase }) {
      const { error } = await (await supabase()).from('diary').insert(row)
      return { refused: error !== null }
    }
  }) as unknown as Tool
]

async function call (url: string, token: string, name: string, args: object = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } })
  })
  const { result } = (await response.json()) as {
    result?: {
      structuredContent?: { lines?: string[]; refused?: boolean }
      isError?: boolean
      content: Array<{ text: string }>
    }
  }
  return {
    status: response.status,
    ...result?.structuredContent,
    text: result?.isError ? result.content[0]!.text : undefined
  }
}

const withPassword = (email: string) => (browser: Browser, login: Page) =>
  browser.submit(login, ({ fields }) => 'password' in fields, { email, password: PASSWORD })

/** From the app's request to its tokens. */
async function connect (url: string, signIn: (browser: Browser, login: Page) => Promise<Page>, browser = new Browser()) {
  const client = await newClient(url)
  const { verifier, challenge } = pkce()
  const first = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge }))
  const consent = first.url.includes('/consent') ? first : await signIn(browser, first)
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  const { body } = await post(`${url}/token`, {
    ...client,
    grant_type: 'authorization_code',
    code: browser.left!.searchParams.get('code')!,
    redirect_uri: 'https://app.example/callback',
    code_verifier: verifier
  })
  return { browser, client, access: body['access_token'] as string, refresh: body['refresh_token'] as string }
}

const env = {
  AUTH_BACKEND: 'supabase,local',
  SUPABASE_URL: project.url,
  SUPABASE_PUBLISHABLE_KEY: project.anonKey,
  ACCESS_TOKEN_TTL: '86400'
}

/** A server whose clock can be set forward. */
async function startAt (t: Test, more: Record<string, string> = {}) {
  let ahead = 0
  const server = await startServer(t, { env: { ...env, ...more }, tools, now: () => Date.now() / 1000 + ahead })
  return {
    ...server,
    forward (seconds: number) {
      ahead += seconds
    }
  }
}

const ann = await personAtSupabase('ann@example.com', ['Ann saw a heron', 'Ann mended the gate'])
const bob = await personAtSupabase('bob@example.com', ['Bob baked bread'])
const anns = ['Ann mended the gate', 'Ann saw a heron']

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

t.test('WB-03: what is stored shows no token of Supabase', async (t) => {
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
  t.match((await call(url, mine.access, 'read_diary')).text, /signed out there since.*connect this server anew/)
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
  const signUp = async (browser: Browser, login: Page) => {
    const link = /href="([^"]*\/signup[^"]*backend=local[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&')
    return browser.submit(await browser.get(new URL(link, login.url).href), ({ action }) => action === '/signup', {
      email: 'ann@example.com',
      password: PASSWORD
    })
  }
  const { access } = await connect(url, signUp)
  t.match((await call(url, access, 'read_diary')).text, /have not signed in with Supabase/)
})

t.test('WB-16: Supabase away in the middle is said so, and ends nothing', async (t) => {
  let away = false
  const gate = createServer((request, response) => {
    if (away) return request.destroy()
    const parts: Buffer[] = []
    request
      .on('data', (part: Buffer) => parts.push(part))
      .on('end', () => {
        forwardTo(request.method!, request.url!, request.headers, Buffer.concat(parts), response).catch(() =>
          response.destroy()
        )
      })
    return undefined
  })
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    gate.closeAllConnections()
    gate.close()
  })
  const { url, forward } = await startAt(t, {
    SUPABASE_URL: `http://127.0.0.1:${(gate.address() as AddressInfo).port}`,
    SUPABASE_EMAIL_CODE: 'on'
  })
  const { client, access, refresh } = await connect(url, withPassword(ann.email))
  away = true
  forward(61)
  t.match((await call(url, access, 'read_diary')).text, /Supabase cannot be reached right now/)
  t.match(await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh }), {
    status: 503,
    body: { error: 'temporarily_unavailable' }
  })
  away = false
  t.same((await call(url, access, 'read_diary')).lines, anns)
  t.equal(
    (await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh })).status,
    200,
    'the refresh token was not spent'
  )

  await t.test('a code by e-mail, through the same door', async (t) => {
    const browser = new Browser()
    const withCode = async (browser: Browser, login: Page) => {
      const page = await browser.submit(login, ({ fields }) => fields['way'] === 'code', { email: 'Ann@example.com' })
      t.match(page, { url: /\/login\/code\?/, text: /ann@example\.com/ })
      const code = await project.code('ann@example.com')
      const wrong = await browser.submit(page, () => true, { code: code === '123456' ? '654321' : '123456' })
      t.match(wrong, { status: 401, url: /\/login\/code\?/, text: /code is wrong/ })
      t.equal((await browser.submit(page, () => true, { code })).status, 400, 'each page counts once')
      return browser.submit(wrong, () => true, { code: `${code.slice(0, 3)} ${code.slice(3)}` })
    }
    const { access } = await connect(url, withCode, browser)
    t.same((await call(url, access, 'read_diary')).lines, anns)
    const unknown = await browser.submit(
      await new Browser().get(`${url}/login`).then(() => browser.get(`${url}/login`)),
      ({ fields }) => fields['way'] === 'code',
      { email: 'nobody@example.com' }
    )
    t.match(
      unknown,
      { status: 200, url: /\/login\/code\?/, text: /nobody@example\.com/ },
      'an unknown address looks the same'
    )
    let page = unknown
    for (let tries = 0; tries < 4; tries++) page = await browser.submit(page, () => true, { code: '000000' })
    t.match(page.url, '/login/code')
    t.match(await browser.submit(page, () => true, { code: '000000' }), {
      status: 401,
      url: /\/login\?/,
      text: /Too many wrong codes/
    })
  })
})

/** Supabase calls the code of a message `email`; @supabase/lite knows it by its older name only. */
async function forwardTo (
  method: string,
  path: string,
  headers: Record<string, unknown>,
  body: Buffer,
  response: import('node:http').ServerResponse
): Promise<void> {
  const { host: _, connection: __, 'content-length': ___, ...rest } = headers as Record<string, string>
  const text = path.startsWith('/auth/v1/verify')
    ? body.toString().replace('"type":"email"', '"type":"magiclink"')
    : body
  const answer = await fetch(project.url + path, { method, headers: rest, ...(body.length > 0 && { body: text }) })
  response
    .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' })
    .end(await answer.text())
}
