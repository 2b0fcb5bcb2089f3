// The main job, end to end: an official client that has never seen this server goes from the bare URL to search and
// fetch, through the real pages, for every kind of person, on both storages; and again after a restart.
import t, { type Test } from 'tap'
import { noRedis, startRedis } from '../helpers/redis.ts'
import {
  asDemo,
  asNewAccount,
  dialects,
  PASSWORD,
  signInWith,
  withPassword,
  type Connected,
  type Dialect,
  type SignIn
} from '../helpers/sdk-client.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { startSupabase } from '../helpers/supabase-lite.ts'

async function journey (t: Test, server: TestServer, dialect: Dialect, signIn: SignIn) {
  const { keychain, browser, refusal, login, consent, redirect } = await signInWith(server.url, dialect, signIn)
  t.match(refusal, { name: /UnauthorizedError|Error/ }, 'a stranger is asked to sign in')
  t.match(login.text, 'Journey', 'the login page names the app')
  t.match(consent.text, 'localhost:8787', 'the consent page says where the person will be sent')
  t.equal(redirect.searchParams.get('iss'), server.url)

  await searchAndFetch(t, await dialect.connect(server.url, keychain))
  return { keychain, browser }
}

async function searchAndFetch (t: Test, client: Connected) {
  const { tools } = await client.listTools()
  t.ok(['search', 'fetch'].every((name) => tools.some((tool) => tool.name === name)))
  const found = await client.callTool({ name: 'search', arguments: { query: 'When is there a spring tide?' } })
  const [hit] = (found['structuredContent'] as { results: Array<{ id: string; url: string }> }).results
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

const storages: Array<{ name: string; env: Record<string, string> | undefined }> = [
  { name: 'SQLite', env: {} },
  { name: 'Redis', env: redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' } }
]

for (const { name, env } of storages) {
  t.test(`on ${name}`, { skip: env ? false : noRedis }, async (t) => {
    const server = await startServer(t, {
      env: {
        ...env,
        AUTH_BACKEND: 'demo,local,supabase',
        SUPABASE_URL: supabase.url,
        SUPABASE_PUBLISHABLE_KEY: supabase.anonKey
      }
    })
    const supabaseEmail = `${name.toLowerCase()}@example.com`
    await signUpAtSupabase(supabaseEmail)

    for (const [index, dialect] of dialects.entries()) {
      const people: Record<string, SignIn> = {
        'the demo account': asDemo,
        'a signed-up local account': asNewAccount(`ann${index}@example.com`),
        'a Supabase user': (browser, login) =>
          browser.submit(login, ({ fields }) => fields['backend'] === 'supabase', {
            email: supabaseEmail,
            password: PASSWORD
          })
      }
      for (const [person, signIn] of Object.entries(people)) {
        await t.test(`${dialect.name}: ${person}`, async (t) => {
          await journey(t, server, dialect, signIn)
        })
      }
    }

    await t.test('after a restart the stored tokens, the session and the account still work', async (t) => {
      const { keychain, browser } = await journey(t, server, dialects[0]!, withPassword('ann0@example.com'))
      await server.restart()
      const client = await dialects[0]!.connect(server.url, keychain)
      const hit = await searchAndFetch(t, client)
      t.match(
        await browser.get(hit.url),
        { status: 200, text: /full moon/ },
        'the citation opens in the browser that is still signed in'
      )

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
