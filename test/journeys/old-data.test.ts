// Data that the first version stored, opened by today's server: tokens refresh, people sign in, notes are there. See
// test/fixtures/first-version/README.md.
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { Browser } from '../helpers/browser.ts'
import { authorizeUrl, ping, pkce, post } from '../helpers/oauth.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { startServer } from '../helpers/server.ts'

const FIXTURES = new URL('../fixtures/first-version/', import.meta.url).pathname
const HOUR = 3_600

interface Secrets {
  /** Seconds: when the data was made. */
  now: number
  port: number
  secretKey: string
  email: string
  password: string
  client: { client_id: string }
  access: string
  refresh: string
  /** The id of the note. */
  note: string
}

async function openOld (t: Test, kind: 'sqlite' | 'redis', redisUrl?: string) {
  const secrets = JSON.parse(await readFile(join(FIXTURES, kind, 'secrets.json'), 'utf8')) as Secrets
  const dataDir = await mkdtemp(join(tmpdir(), 'mcp-old-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  await cp(join(FIXTURES, kind), dataDir, { recursive: true })
  const server = await startServer(t, {
    port: secrets.port,
    now: () => secrets.now + HOUR / 2,
    env: {
      DATA_DIR: dataDir,
      PUBLIC_URL: `http://localhost:${secrets.port}`,
      SECRET_KEY: secrets.secretKey,
      AUTH_BACKEND: 'local',
      ...(redisUrl !== undefined && { REDIS_URL: redisUrl })
    }
  })
  return { ...secrets, ...server }
}

async function call (url: string, token: string, name: string, args: unknown): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream'
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } })
  })
  return response.text()
}

async function opensOldData (t: Test, old: Awaited<ReturnType<typeof openOld>>): Promise<void> {
  const { url, client, access, refresh, note, email, password } = old
  t.equal(await ping(url, access), 200, 'the access token works')
  t.match(await call(url, access, 'fetch', { id: note }), 'Take the blue tent, written by the first version.')
  t.match(await call(url, access, 'search', { query: 'blue tent' }), note)

  const refreshed = await post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh })
  t.equal(refreshed.status, 200)
  t.match(refreshed.body, { access_token: /^mcp_at_/, refresh_token: /^mcp_rt_/, scope: 'mcp:read mcp:write' })
  t.equal(await ping(url, refreshed.body['access_token'] as string), 200, 'and so does the one that follows it')

  const browser = new Browser()
  const { challenge, verifier } = pkce()
  const login = await browser.get(authorizeUrl(url, { ...client, code_challenge: challenge }))
  const isSignIn = ({ fields }: { fields: Record<string, string> }) => 'password' in fields
  const refused = await browser.submit(login, isSignIn, { email, password: 'some other words' })
  t.ok(refused.forms.some(isSignIn), 'another password is refused')
  const consent = await browser.submit(login, isSignIn, { email, password })
  t.match(consent.text, 'Old app', 'the person signs in, and the client is known')
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  const redeemed = await post(`${url}/token`, {
    ...client,
    grant_type: 'authorization_code',
    code: browser.left!.searchParams.get('code')!,
    redirect_uri: browser.left!.href.split('?')[0],
    code_verifier: verifier
  })
  t.equal(redeemed.status, 200)
  const again = redeemed.body['access_token'] as string
  t.match(await call(url, again, 'list_notes', {}), note, 'as the same person')
  t.match((await browser.get(`${url}/account`)).text, email)
}

t.test('SQLite data of the first version opens', async (t) => opensOldData(t, await openOld(t, 'sqlite')))

interface StoredKey {
  key: string
  type: 'string' | 'stream'
  /** -1 for a key that never expires. */
  expiresInMs: number
  value: string | Array<[id: string, fields: string[]]>
}

/** @param client adds the prefix of the server's keys. */
async function restoreKeys (client: Redis): Promise<void> {
  const lines = (await readFile(join(FIXTURES, 'redis/keys.jsonl'), 'utf8')).trim().split('\n')
  for (const { key, value, expiresInMs } of lines.map((line) => JSON.parse(line) as StoredKey)) {
    if (typeof value === 'string') await client.set(key, value)
    else for (const [id, fields] of value) await client.xadd(key, id, ...fields)
    if (expiresInMs > 0) await client.pexpire(key, expiresInMs)
  }
}

const redis = await startRedis()
t.teardown(() => redis?.stop())

t.test('Redis data of the first version opens', { skip: redis ? false : noRedis }, async (t) => {
  await restoreKeys(redis!.client)
  await opensOldData(t, await openOld(t, 'redis', redis!.url))
})
