// The audit log: the story of a connection under one id, every kind of event, no secret in it, and a bound on what
// anybody can write (threats WB-05, WB-13, WR-05).
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import type { AuditEvent } from '../../plugins/observability/audit/contract.ts'
import audit from '../../plugins/observability/audit/index.ts'
import { openAuditJournals, topicOfAttempt } from '../../plugins/observability/audit/journals.ts'
import { StorageUnavailable } from '../../plugins/storage/contract.ts'
import { Browser } from '../helpers/browser.ts'
import { CALLBACK, authorizeUrl, newClient, pkce, post, register, walk, type Fields } from '../helpers/oauth.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())

const events = async ({ app }: TestServer): Promise<AuditEvent[]> => {
  await app.audit.flush()
  return Array.fromAsync(openAuditJournals(app.storage).all())
}
const rpc = (url: string, token: string | undefined, method: string, params?: object) =>
  fetch(url, {
    method: 'POST',
    headers: {
      ...(token && { authorization: `Bearer ${token}` }),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream'
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, ...(params && { params }) })
  })

for (const [name, env] of [
  ['SQLite', {}],
  ['Redis', redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }]
] as const) {
  t.test(name, { skip: env ? false : noRedis }, async (t) => {
    const server = await startServer(t, { env: env! })
    const { url, app } = server

    t.test('WB-13: a connection is one story, in order, under one id', async (t) => {
      await rpc(url, undefined, 'initialize')
      await rpc(url, undefined, 'initialize')
      const client = await newClient(url, { client_name: 'Story\r\nteller' })
      const { form } = await walk(url, client)
      const { body } = await post(`${url}/token`, form)
      const access = body['access_token'] as string
      await rpc(url, access, 'tools/list')
      await rpc(url, access, 'tools/list')
      await rpc(url, access, 'tools/call', { name: 'search', arguments: { query: 'tides' } })
      await rpc(url, access, 'tools/call', { name: 'search', arguments: {} })
      const all = await events(server)
      const { attempt, user } = all.find(({ event }) => event === 'connected')!
      t.same(
        all.filter((event) => event.attempt === attempt).map(({ event }) => event),
        ['challenge', 'registration', 'authorization', 'sign_in', 'consent', 'token', 'connected'],
        'from the first probe to the first look at the tools'
      )
      t.same((await openAuditJournals(app.storage).newest(topicOfAttempt(attempt!), 50)).length, 7)
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

    t.test('WB-13: failures, denial, reuse, revocation, sign-out, locks', async (t) => {
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

    t.test('WB-13: an attempt that is refused ends its story with the reason', async (t) => {
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
        { event: 'registration_refused', reason: 'invalid_redirect_uri', attempt: seen[0]!.attempt },
        { event: 'authorization_refused', reason: 'invalid_request', clientName: 'Clumsy', attempt: seen[0]!.attempt },
        { event: 'authorization_refused', reason: 'invalid_client' }
      ])
      t.equal(seen.length, 4, 'each reason once')
      t.notMatch(JSON.stringify(seen), /attacker|made_up/, 'nothing that somebody wrote is kept')
    })

    t.test('WB-13: no flood of refusals pushes out the rest', async (t) => {
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
      const run = (...args: string[]) =>
        promisify(execFile)(process.execPath, ['cli/audit.ts', ...args], {
          cwd: join(import.meta.dirname, '../..'),
          env: { PATH: process.env['PATH'], DATA_DIR: server.dataDir, ...env }
        })
      const { stdout } = await run()
      t.same(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as AuditEvent),
        all
      )
      const { attempt } = all.find(({ event }) => event === 'connected')!
      t.equal(
        (await run('--attempt', attempt!)).stdout.trim().split('\n').length,
        all.filter((event) => event.attempt === attempt).length
      )
      const told = (await run('--attempts')).stdout
      t.match(
        told,
        new RegExp(
          `^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d {2}${attempt} {2}connected, then stopped at authorization_refused: invalid_client {2}Storyteller {2}127\\.0\\.0\\.1\n {4}The person saw an error page`,
          'm'
        )
      )
      await t.rejects(run('--attemp', 'x'), { code: 1, stderr: /npm run --silent audit -- --attempt/ })
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

t.test(
  'a storage that takes nothing for long is said once, and once that it does again, with what was lost',
  async (t) => {
    let away = false
    const lines: Array<{ msg: string; lost?: number; err?: unknown }> = []
    const stream = {
      write (line: string) {
        lines.push(JSON.parse(line))
      }
    }
    const app = Fastify({ logger: { level: 'warn', stream } })
    const append = async () => {
      if (away) throw new StorageUnavailable('away')
    }
    app.register(
      fp(
        async function storage (app) {
          app.decorate('storage', { journal: () => ({ append }), collection: () => ({}) } as never)
          app.decorate('sealing', {} as never)
          app.decorate('now', () => 0)
        },
        { name: 'storage' }
      )
    )
    app.register(audit)
    await app.ready()
    const cause = async (count: number) => {
      for (let number = 0; number < count; number++) { app.audit.note(number % 2 ? 'lock' : 'tool_call', { user: `u${number}` }) }
      await app.audit.flush()
    }
    await cause(4)
    t.same(lines, [])
    for (let outage = 0; outage < 2; outage++) {
      away = true
      for (let tries = 0; tries < 5; tries++) await cause(4)
      await cause(22_000)
      t.match(
        lines.splice(0),
        [{ msg: /cannot be written/, err: { message: 'away' } }],
        'once, of all classes and tries together'
      )
      away = false
      await app.audit.flush()
      await app.audit.flush()
      t.match(lines.splice(0), [{ msg: /is written again/, lost: 2_020 }])
    }
    away = true
    await cause(6)
    await app.close()
    t.match(lines, [{ msg: /cannot be written/ }, { msg: /the server stops while/, lost: 6 }])
  }
)

t.test(
  'WB-06: while storage is away events wait in a bounded number, in order, and nobody waits for them',
  async (t) => {
    const written: unknown[] = []
    let away = true
    const journal = {
      async append (entries: Array<{ entry: unknown }>) {
        if (away) throw new StorageUnavailable('away')
        written.push(...entries.map(({ entry }) => entry))
      }
    }
    const app = Fastify()
    app.register(
      fp(
        async function storage (app) {
          app.decorate('storage', { journal: () => journal, collection: () => ({}) } as never)
          app.decorate('sealing', {} as never)
          app.decorate('now', () => 0)
        },
        { name: 'storage' }
      )
    )
    app.register(audit)
    await app.ready()
    for (let count = 0; count < 10_500; count++) app.audit.note('lock', { user: `u${count}` })
    await app.audit.flush()
    t.equal(written.length, 0)
    away = false
    await app.close()
    t.equal(written.length, 10_000)
    t.match(written[0], { user: 'u500' }, 'the oldest gave way')
    t.match(written.at(-1), { user: 'u10499' })
  }
)

t.test('WR-05, WB-13: neither the log nor the journal holds a secret of the run', async (t) => {
  const lines: string[] = []
  const stream = new Writable({
    write (chunk: Buffer, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const server = await startServer(t, { env: { LOG_LEVEL: 'trace' }, logTo: stream })
  const { url } = server
  const client = await newClient(url, {
    client_name: 'line\nbreak\u001b[31m',
    token_endpoint_auth_method: 'client_secret_post'
  })
  const password = 'eleven quiet otters 42'
  const browser = new Browser()
  const { verifier, challenge } = pkce()
  const login = await browser.get(
    authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge, state: 'a-state-that-is-secret' })
  )
  const signup = await browser.get(
    new URL(/href="([^"]*\/signup[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&'), url).href
  )
  const consent = await browser.submit(signup, ({ action }) => action === '/signup', {
    email: 'ann@example.com',
    password
  })
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  const code = browser.left!.searchParams.get('code')!
  const { body } = await post(`${url}/token`, {
    ...client,
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: verifier
  })
  await rpc(url, body['access_token'] as string, 'tools/call', {
    name: 'search',
    arguments: { query: 'tides and secrets' }
  })
  await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: body['refresh_token'] as string })
  await server.app.audit.flush()

  const secrets = {
    code,
    verifier,
    password,
    access: body['access_token'],
    refresh: body['refresh_token'],
    clientSecret: client.client_secret,
    state: 'a-state-that-is-secret',
    cookies: [...browser.cookies.values()],
    interaction: signup.forms[0]!.fields['interaction'],
    mailbox: 'ann@example.com',
    words: 'tides and secrets'
  }
  const log = lines.join('')
  const files = await Promise.all(
    ['oauth.db', 'oauth.db-wal'].map((file) => readFile(join(server.dataDir, file), 'latin1'))
  )
  const journal = JSON.stringify(await Array.fromAsync(openAuditJournals(server.app.storage).all()))
  t.ok(log.includes('"audit"') && log.includes('answered'), 'the log was caught')
  for (const [name, values] of Object.entries(secrets)) {
    for (const value of [values].flat() as string[]) {
      t.ok(value.length > 5, name)
      t.notOk(log.includes(value), `log: ${name}`)
      t.notOk(journal.includes(value), `journal: ${name}`)
    }
  }
  for (const value of [code, password, body['access_token'] as string, client.client_secret!]) {
    t.notOk(
      files.some((file) => file.includes(value)),
      'the files hold none either'
    )
  }
  t.ok(
    lines.every((line) => line.endsWith('}\n') && line.indexOf('\n') === line.length - 1),
    'a line break from outside does not begin a line'
  )
})
