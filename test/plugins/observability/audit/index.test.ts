// The audit log: what is recorded of connecting, of people and of refusals (threat WB-13).
import t from 'tap'
import type { AuditEvent } from '../../../../plugins/observability/audit/contract.ts'
import { openAuditJournals } from '../../../../plugins/observability/audit/journals.ts'
import { assembleStories } from '../../../../plugins/observability/stories/assemble.ts'
import { census } from '../../../helpers/census.ts'
import { Browser } from '../../../helpers/browser.ts'
import { authorizeUrl, newClient, pkce, post, register, walk, type Fields } from '../../../helpers/oauth.ts'
import { noRedis, startRedis } from '../../../helpers/redis.ts'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { until } from '../../../helpers/until.ts'
import { rpc } from './rpc.ts'
import { command } from '../../../helpers/commands.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())

const events = async ({ app }: TestServer): Promise<AuditEvent[]> => {
  await app.audit.flush()
  return Array.fromAsync(openAuditJournals(app.storage).all())
}

for (const [name, env] of [
  ['SQLite', {}],
  ['Redis', redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }]
] as const) {
  t.test(name, { skip: env ? false : noRedis }, async (t) => {
    const server = await startServer(t, { env: env! })
    const { url, app } = server

    t.test('attempts of strangers leave events, and no key or row of their own (SG-17)', async (t) => {
      const { journal, 'entries with a topic': topics } = await census(server)
      const begun = (await events(server)).length
      for (let n = 0; n < 5; n++) {
        const headers = { 'content-type': 'application/json', 'user-agent': `program ${n}` }
        const body = JSON.stringify({ redirect_uris: ['https://app.example/callback'] })
        t.equal((await fetch(`${url}/register`, { method: 'POST', headers, body })).status, 201)
      }
      t.equal((await events(server)).length, begun + 5)
      const after = await census(server)
      t.equal(after['entries with a topic'], topics)
      // A row of SQLite for each, and one key of Redis for all.
      t.ok((after['journal'] ?? 0) <= (journal ?? 0) + (name === 'Redis' ? 1 : 5))
    })

    t.test('a connection is one story, in order, under one id (WB-13)', async (t) => {
      await rpc(url, undefined, 'initialize')
      await rpc(url, undefined, 'initialize')
      const client = await newClient(url, { client_name: 'Story\r\nteller' })
      const { form } = await walk(url, client)
      const { body } = await post(`${url}/token`, form)
      const access = body['access_token'] as string
      await rpc(url, access, 'tools/list')
      await rpc(url, access, 'tools/list')
      await rpc(url, access, 'tools/call', { name: 'search', arguments: { query: 'tides' } })
      // No answer waits for what is written of its call, and that it may be named is looked up first.
      t.ok(await until(async () => (await events(server)).some(({ event }) => event === 'tool_call')))
      await rpc(url, access, 'tools/call', { name: 'search', arguments: {} })
      const all = await events(server)
      const { attempt, user } = all.find(({ event }) => event === 'connected')!
      const story = assembleStories(all, app.now()).find(({ id }) => id === attempt)
      t.same(
        story?.events.map(({ event }) => event),
        ['challenge', 'registration', 'authorization', 'sign_in', 'consent', 'token', 'connected'],
        'from the first probe to the first look at the tools'
      )
      t.match(
        all.filter(({ event }) => event === 'tool_call'),
        [
          { tool: 'search', outcome: 'ok', user, client: client.client_id, ms: Number },
          { tool: 'search', outcome: 'failed' }
        ]
      )
      t.match(all[0], { at: /^\d{4}-\d\d-\d\dT/, address: '127.0.0.1', request: /^[0-9a-f-]{36}$/ })
      t.same(
        (await app.audit.ofUser(user!, 3)).map(({ event }) => event),
        ['tool_call', 'tool_call', 'connected']
      )
    })

    t.test('failures, denial, reuse, revocation, sign-out, locks (WB-13)', async (t) => {
      const before = (await events(server)).length
      const client = await newClient(url)
      const browser = new Browser()
      const { challenge } = pkce()
      const login = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge }))
      await browser.submit(login, ({ fields }) => 'password' in fields, {
        email: 'Nobody@Example.com',
        password: 'wrong wrong wrong'
      })
      const consent = await browser.submit(login, ({ fields }) => fields['backend'] === 'demo')
      await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'deny'), {
        decision: 'deny'
      })
      t.match(browser.left?.search, /access_denied/)
      const { form } = await walk(url, client, {}, browser)
      const tokens = (await post(`${url}/token`, form)).body
      await post(`${url}/token`, {
        ...client,
        grant_type: 'refresh_token',
        refresh_token: tokens['refresh_token'] as string
      })
      await post(`${url}/token`, form)
      const again = await walk(url, client, {}, browser)
      const second = (await post(`${url}/token`, again.form)).body
      await post(`${url}/revoke`, { ...client, token: second['access_token'] as string })
      await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: 'mcp_rt_made_up' })
      await rpc(url, 'mcp_at_made_up', 'ping')
      const account = await browser.get(`${url}/account`)
      await browser.submit(account, ({ action }) => action === '/logout')
      const seen = (await events(server)).slice(before)
      t.same(
        seen.map(({ event }) => event),
        [
          'registration',
          'authorization',
          'sign_in_failed',
          'sign_in',
          'denial',
          'authorization',
          'consent',
          'token',
          'refresh',
          'reuse',
          'authorization',
          'consent',
          'token',
          'revocation',
          'token_refused',
          'token_refused',
          'sign_out'
        ]
      )
      t.match(seen[2], { backend: 'local', reason: 'credentials', account: /^[\w-]{16}$/ })
      t.notMatch(JSON.stringify(seen), /nobody@example/i, 'what was typed is not kept')
      t.same(
        seen.filter(({ event }) => event === 'token_refused').map(({ reason }) => reason),
        ['invalid_grant', 'invalid_token']
      )
    })

    t.test('an attempt that is refused ends its story with the reason (WB-13)', async (t) => {
      const before = (await events(server)).length
      const client = await newClient(url, { client_name: 'Clumsy' })
      const { challenge } = pkce()
      const ask = (fields: Fields) =>
        new Browser().get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge, ...fields }))
      t.equal((await register(url, { redirect_uris: ['http://elsewhere.example/callback'] })).status, 400)
      t.equal((await ask({ code_challenge: undefined })).status, 400)
      t.equal((await ask({ redirect_uri: 'https://attacker.example/' })).status, 400)
      t.equal((await ask({ client_id: 'mcp_made_up', redirect_uri: 'https://attacker.example/' })).status, 401)
      const seen = (await events(server)).slice(before)
      t.match(seen, [
        { event: 'registration', clientName: 'Clumsy' },
        { event: 'registration_refused', reason: 'invalid_redirect_uri', redirect: 'elsewhere.example' },
        { event: 'authorization_refused', reason: 'pkce', clientName: 'Clumsy' },
        { event: 'authorization_refused', reason: 'redirect_uri', clientName: 'Clumsy', redirect: 'attacker.example' },
        { event: 'authorization_refused', reason: 'unknown_client', redirect: undefined }
      ])
      for (const { attempt } of seen.slice(2)) t.ok(attempt!.startsWith(seen[0]!.attempt!), 'all of one program')
      t.equal(seen.length, 5, 'each reason once')
      t.notMatch(JSON.stringify(seen), /made_up/, 'nothing is kept of an app that is not known')
    })

    t.test('no flood of refusals pushes out the rest (WB-13)', async (t) => {
      const before = (await events(server)).length
      for (let count = 0; count < 30; count++) {
        await rpc(url, `mcp_at_${count}`, 'ping')
        await register(url, { redirect_uris: ['http://elsewhere.example/callback'], client_name: `App ${count}` })
        await new Browser().get(authorizeUrl(url, { client_id: `mcp_${count}` }))
      }
      t.equal((await events(server)).length, before, 'one program is noted once an hour for it')
    })

    t.test('what a program calls itself is cut', async (t) => {
      app.audit.note('consent', { user: 'cut', client: 'c'.repeat(300), clientName: 'n'.repeat(300) })
      const [event] = await app.audit.ofUser('cut', 1)
      t.same([event?.client, event?.clientName], ['c'.repeat(200), 'n'.repeat(200)])
      await app.audit.forget('cut')
    })

    t.test('what is not written yet is forgotten with the rest of a person', async (t) => {
      app.audit.note('lock', { user: 'gone' })
      await app.audit.forget('gone')
      t.same(
        (await events(server)).filter(({ user }) => user === 'gone'),
        []
      )
      t.same(await app.audit.ofUser('gone', 10), [])
    })

    t.test('npm run audit prints what is kept, one event a line', async (t) => {
      const all = await events(server)
      const run = (...words: string[]) => command('audit', { DATA_DIR: server.dataDir, ...env }, words)
      const { stdout } = await run()
      t.same(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as AuditEvent),
        all
      )
      const { attempt } = all.find(({ event }) => event === 'connected')!
      const report = (await run('--attempt', attempt!)).stdout
      t.match(report, `Attempt: ${attempt}\nServer: http://localhost:8080, mcp-oauth-server`)
      t.match(report, /State: Connected\n\n.*\n.*It registered[^]*It asked what there is to use: it is connected/)
      const told = (await run('--attempts')).stdout
      const line = (rest: string) => new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d {2}${attempt} {2}${rest}`, 'm')
      t.match(
        told, line('connected {2}Storyteller {2}app\\.example {2}127\\.0\\.0\\.1 {2}\\S+$'),
        'apart by app and person'
      )
      t.match(told, /failed: redirect_uri {2}Clumsy {2}attacker\.example {2}127\.0\.0\.1\n {4}The app wants people sent back/)
      t.match(await run('--attemp', 'x'), { status: 1, stderr: /npm run --silent audit -- --attempt/ })
    })

    t.test('what is kept is there after a restart', async (t) => {
      const count = (await events(server)).length
      server.app.audit.note('unlock', { user: 'last words' })
      await server.restart()
      const kept = await events(server)
      t.equal(kept.length, count + 1)
      t.match(kept.at(-1), { event: 'unlock', user: 'last words' })
    })
  })
}
