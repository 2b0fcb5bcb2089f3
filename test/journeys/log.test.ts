// WR-05: the log of a whole life of the server, at its most talkative and with everything going wrong that can, against
// every secret that passed through it; and what a line of it is good for.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { authorizeUrl, newClient, ping, pkce, post, tokensFor, walk, type Fields } from '../helpers/oauth.ts'
import { startProcess } from '../helpers/processes.ts'
import { canHaveRedis, noRedis, startRedis } from '../helpers/redis.ts'

const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
const METRICS_TOKEN = 'f3b1c9a07d5e42688e1d'
const PASSWORD = 'eleven quiet otters 42'

/** Members of forms, queries and answers whose values nobody else may see. */
const SECRET_NAMES = new Set([
  'code',
  'state',
  'code_verifier',
  'code_challenge',
  'interaction',
  'invite',
  'password',
  'email',
  'name',
  'client_secret',
  'access_token',
  'refresh_token',
  'id_token',
  'token',
  'nonce',
  'query'
])

/** Notes every secret that this process sends or gets. */
function recordSecrets (): { secrets: Set<string>; stop(): void } {
  const secrets = new Set<string>([SECRET_KEY, METRICS_TOKEN])
  const keep = (name: string, value: unknown) => {
    if (SECRET_NAMES.has(name) && typeof value === 'string' && value.length > 3) secrets.add(value)
  }
  const keepAll = (pairs: Iterable<[string, unknown]>) => {
    for (const [name, value] of pairs) keep(name, value)
  }
  const real = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    keepAll(new URL(String(input)).searchParams)
    const headers = new Headers(init?.headers)
    const credentials = headers.get('authorization')?.split(' ')[1]
    if (credentials) secrets.add(credentials)
    if (typeof init?.body === 'string') {
      keepAll(
        /^\{.*\}$/s.test(init.body) ? Object.entries(JSON.parse(init.body) as object) : new URLSearchParams(init.body)
      )
    }
    const response = await real(input, init)
    for (const cookie of response.headers.getSetCookie()) {
      const value = /=([^;]*)/.exec(cookie)![1]!
      if (value.length > 8) secrets.add(value)
    }
    const location = response.headers.get('location')
    if (location) keepAll(new URL(location, String(input)).searchParams)
    const text = await response.clone().text()
    if (text.startsWith('{')) keepAll(Object.entries(JSON.parse(text) as object))
    for (const [, name, value] of text.matchAll(/name="(\w+)" value="([^"]{4,})"/g)) keep(name!, value)
    return response
  }
  return {
    secrets,
    stop: () => {
      globalThis.fetch = real
    }
  }
}

t.test('WR-05: no secret of a whole run is in the log', { skip: canHaveRedis() ? false : noRedis }, async (t) => {
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const server = await startProcess(t, {
    LOG_LEVEL: 'trace',
    AUTH_BACKEND: 'demo,local',
    RATE_LIMITS: 'on',
    REDIS_URL: redis.url,
    SECRET_KEY,
    METRICS_TOKEN,
    ACCESS_TOKEN_TTL: '3600'
  })
  const url = `http://localhost:${server.port}`
  const { secrets, stop } = recordSecrets()
  t.teardown(stop)

  const state = randomBytes(24).toString('base64url')
  const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
  const { form } = await walk(url, client, {
    state,
    nonce: randomBytes(24).toString('base64url'),
    scope: 'openid email mcp:read mcp:write offline_access'
  })
  const first = await post(`${url}/token`, form)
  const call = (name: string, args: object, token = String(first.body['access_token'])) =>
    fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } })
    })
  await call('search', { query: 'a very private question' })
  await call('search', { query: 42 })
  await call('fetch', { id: '../../etc/a very private question' })
  await fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${first.body['access_token']}` } })

  // Refusals, each with something secret in it.
  await post(`${url}/token`, { ...form, client_secret: 'a wrong secret of the client' })
  await post(`${url}/token`, form)
  await post(`${url}/token`, {
    ...client,
    grant_type: 'refresh_token',
    refresh_token: String(first.body['refresh_token'])
  })
  await post(`${url}/token?client_secret=${client.client_secret}`, form)
  await fetch(`${url}/nowhere?code=${form['code']}&access_token=${first.body['access_token']}`)
  await fetch(`${url}/%c0?code=${form['code']}`)
  await fetch(`${url}/metrics?token=${METRICS_TOKEN}`)
  await fetch(
    authorizeUrl(url, {
      client_id: client.client_id,
      code_challenge: pkce().challenge,
      redirect_uri: 'https://evil.example/',
      state
    })
  )
  await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${first.body['access_token']}`, 'content-type': 'application/json' },
    body: `{"broken": "${form['code']}`
  })
  await ping(url, `${first.body['access_token']}x`)

  // A person with an account, and one who gets the password wrong.
  const browser = new Browser()
  const signUp = async (fields: Fields) =>
    browser.submit(
      await browser.get(`${url}/signup`),
      ({ action }) => action === '/signup',
      fields as Record<string, string>
    )
  await signUp({ email: 'ann.secretly@example.com', name: 'Ann Secretly', password: 'short-1' })
  t.equal((await signUp({ email: 'ann.secretly@example.com', name: 'Ann Secretly', password: PASSWORD })).status, 200)
  const other = new Browser()
  const login = await other.get(`${url}/login`)
  for (let tries = 0; tries < 3; tries++) {
    await other.submit(login, ({ fields }) => 'password' in fields, {
      email: 'ann.secretly@example.com',
      password: 'nine loud badgers 7'
    })
  }
  await browser.get(`${url}/account`)

  // Storage that goes away in the middle of it.
  const second = await tokensFor(url, client)
  await redis.kill()
  await ping(url, second.access)
  await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: second.refresh })
  await browser.get(`${url}/account`)
  await other.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, state }))
  await redis.restart()
  for (let tries = 0; tries < 100 && (await ping(url, second.access)) !== 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await post(`${url}/revoke`, { ...client, token: second.refresh })
  stop()
  t.equal(await server.end('SIGTERM'), 0)

  const log = server.output()
  for (const secret of [
    'a very private question',
    'a wrong secret',
    'nine loud badgers',
    'ann.secretly',
    'Ann Secretly',
    second.access,
    second.refresh
  ]) { secrets.add(secret) }
  t.ok(secrets.size > 30, `${secrets.size} secrets were noted`)
  t.ok(log.split('\n').length > 60, 'and the log was talkative')
  const found = [...secrets].filter((secret) => log.includes(secret) || log.includes(encodeURIComponent(secret)))
  t.same(found, [], 'none of them is in it')
  t.notMatch(log, /[?&](?:code|state|token|access_token|client_secret)=/, 'and no query of a URL')

  const lines = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  t.ok(
    lines.every(({ level, time, pid, msg }) => level && time && pid && msg),
    'every line is JSON, with a level, a time and a message'
  )
  const answered = lines.filter(({ msg }) => msg === 'answered')
  t.ok(
    answered.every(({ reqId, method, route, status, ms }) => reqId && method && route && status && ms !== undefined),
    'every answer is one line that names its request'
  )
  t.equal(new Set(answered.map(({ reqId }) => reqId)).size, answered.length, 'no two share an id')
  t.ok(
    lines.some(({ msg, level }) => msg === 'unavailable' && level === 40),
    'what went wrong is a warning'
  )
})
