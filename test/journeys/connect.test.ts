// The main job, end to end: an official client that has never seen this server goes from the bare URL to search and fetch, through the real pages, for every kind of person, on both storages; and again after a restart.
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client'
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import t, { type Test } from 'tap'
import { Browser, type Page } from '../helpers/browser.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { startSupabase } from '../helpers/supabase-lite.ts'

const CALLBACK = 'http://localhost:8787/callback'
const PASSWORD = 'eleven quiet otters 42'

/** What a client keeps of its sign-in, as an app would keep it on disk. */
class Keychain {
  redirectUrl = CALLBACK
  clientMetadata = { client_name: 'Journey', redirect_uris: [CALLBACK], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' }
  asked: URL | undefined
  #client: unknown
  kept: { access_token: string, refresh_token?: string, token_type: string, scope?: string } | undefined
  #verifier = ''
  /** Each client library has types of its own for the same shape. */
  get provider (): never { return this as never }
  clientInformation () { return this.#client }
  saveClientInformation (client: unknown) { this.#client = client }
  tokens () { return this.kept }
  saveTokens (tokens: NonNullable<Keychain['kept']>) { this.kept = tokens }
  redirectToAuthorization (url: URL) { this.asked = url }
  saveCodeVerifier (verifier: string) { this.#verifier = verifier }
  codeVerifier () { return this.#verifier }
}

interface Connected {
  listTools (): Promise<{ tools: Array<{ name: string }> }>
  callTool (call: { name: string, arguments: Record<string, string> }): Promise<Record<string, unknown>>
  close (): Promise<void>
}
interface Dialect {
  name: string
  connect (url: string, keychain: Keychain): Promise<Connected>
  finish (url: string, keychain: Keychain, answer: URLSearchParams): Promise<void>
}

const modern = (mode: 'legacy' | { pin: string }): Dialect => ({
  name: mode === 'legacy' ? 'SDK v2, 2025 era' : 'SDK v2, 2026 era',
  async connect (url, keychain) {
    const client = new ModernClient({ name: 'journey', version: '1' }, { versionNegotiation: { mode } })
    await client.connect(new ModernTransport(new URL(url), { authProvider: keychain.provider }))
    return client as unknown as Connected
  },
  finish: (url, keychain, answer) => new ModernTransport(new URL(url), { authProvider: keychain.provider }).finishAuth(answer)
})

const dialects: Dialect[] = [
  modern({ pin: '2026-07-28' }),
  modern('legacy'),
  {
    name: 'SDK v1',
    async connect (url, keychain) {
      const client = new V1Client({ name: 'journey', version: '1' })
      await client.connect(new V1Transport(new URL(url), { authProvider: keychain.provider }) as never)
      return client as unknown as Connected
    },
    finish: (url, keychain, answer) => new V1Transport(new URL(url), { authProvider: keychain.provider }).finishAuth(answer.get('code')!)
  }
]

/** Brings the browser from the login page to a signed-in session. */
type SignIn = (browser: Browser, login: Page) => Promise<Page>

const asDemo: SignIn = (browser, login) => browser.submit(login, ({ fields }) => fields['backend'] === 'demo')
const asNewAccount = (email: string): SignIn => async (browser, login) => {
  const link = /href="([^"]*\/signup[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&')
  const form = await browser.get(new URL(link, login.url).href)
  return browser.submit(form, ({ action }) => action === '/signup', { email, password: PASSWORD, name: 'Ann' })
}
const withPassword = (email: string): SignIn => (browser, login) => browser.submit(login, ({ fields }) => 'password' in fields, { email, password: PASSWORD })

async function journey (t: Test, server: TestServer, dialect: Dialect, signIn: SignIn) {
  const keychain = new Keychain()
  await t.rejects(dialect.connect(server.url, keychain), { name: /UnauthorizedError|Error/ }, 'a stranger is asked to sign in')
  const browser = new Browser()
  const login = await browser.get(keychain.asked!.href)
  t.match(login.text, 'Journey', 'the login page names the app')
  const consent = await signIn(browser, login)
  t.match(consent.text, 'localhost:8787', 'the consent page says where the person will be sent')
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  t.equal(browser.left?.searchParams.get('iss'), server.url)
  await dialect.finish(server.url, keychain, browser.left!.searchParams)

  await searchAndFetch(t, await dialect.connect(server.url, keychain))
  return { keychain, browser }
}

async function searchAndFetch (t: Test, client: Connected) {
  const { tools } = await client.listTools()
  t.ok(['search', 'fetch'].every((name) => tools.some((tool) => tool.name === name)))
  const found = await client.callTool({ name: 'search', arguments: { query: 'When is there a spring tide?' } })
  const [hit] = (found['structuredContent'] as { results: Array<{ id: string, url: string }> }).results
  t.equal(hit?.id, 'tides.md')
  const read = await client.callTool({ name: 'fetch', arguments: { id: hit!.id } })
  t.match(read, { structuredContent: { title: 'Tides', text: /new moon and full moon/, url: hit!.url } })
  await client.close()
  return hit!
}

const redis = await startRedis()
const supabase = await startSupabase()
t.teardown(async () => {
  await supabase.stop()
  await redis?.stop()
})

const storages: Array<{ name: string, env: Record<string, string> | undefined }> = [
  { name: 'SQLite', env: {} },
  { name: 'Redis', env: redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' } }
]

for (const { name, env } of storages) {
  t.test(`on ${name}`, { skip: env ? false : noRedis }, async (t) => {
    const server = await startServer(t, { env: { ...env, AUTH_BACKEND: 'demo,local,supabase', SUPABASE_URL: supabase.url, SUPABASE_PUBLISHABLE_KEY: supabase.anonKey } })
    const supabaseEmail = `${name.toLowerCase()}@example.com`
    await signUpAtSupabase(supabaseEmail)

    for (const [index, dialect] of dialects.entries()) {
      const people: Record<string, SignIn> = {
        'the demo account': asDemo,
        'a signed-up local account': asNewAccount(`ann${index}@example.com`),
        'a Supabase user': (browser, login) => browser.submit(login, ({ fields }) => fields['backend'] === 'supabase', { email: supabaseEmail, password: PASSWORD })
      }
      for (const [person, signIn] of Object.entries(people)) {
        await t.test(`${dialect.name}: ${person}`, async (t) => { await journey(t, server, dialect, signIn) })
      }
    }

    await t.test('after a restart the stored tokens, the session and the account still work', async (t) => {
      const { keychain, browser } = await journey(t, server, dialects[0]!, withPassword('ann0@example.com'))
      await server.restart()
      const client = await dialects[0]!.connect(server.url, keychain)
      const hit = await searchAndFetch(t, client)
      t.match(await browser.get(hit.url), { status: 200, text: /full moon/ }, 'the citation opens in the browser that is still signed in')

      const before = keychain.kept!
      keychain.kept = { ...before, access_token: `${before.access_token.slice(0, -4)}AAAA` }
      await searchAndFetch(t, await dialects[0]!.connect(server.url, keychain))
      t.not(keychain.kept.refresh_token, before.refresh_token, 'a dead access token was refreshed without a person')
    })
  })
}

async function signUpAtSupabase (email: string) {
  const response = await fetch(`${supabase.url}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey: supabase.anonKey, 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD })
  })
  if (!response.ok) throw new Error(`Supabase sign-up: ${response.status} ${await response.text()}`)
  await supabase.confirm(email)
}
