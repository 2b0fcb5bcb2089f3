// The main job with the installed package: the official clients, three kinds of people, both storages. Called by
// test/packaging/tarball.test.ts; what each step means is tested in test/journeys/connect.test.ts.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { asDemo, asNewAccount, dialects, PASSWORD, signInWith, type SignIn } from '../helpers/sdk-client.ts'
import { startSupabase } from '../helpers/supabase-lite.ts'
import { until } from '../helpers/until.ts'
import { place, ROOT, start } from './project.ts'

const SUPABASE_EMAIL = 'sue@example.com'

async function startServices (t: Test) {
  const [redis, supabase] = await Promise.all([startRedis(), startSupabase()])
  t.teardown(async () => {
    await supabase.stop()
    await redis?.stop()
  })
  const answer = await fetch(`${supabase.url}/auth/v1/signup`, {
    method: 'POST',
    headers: { apikey: supabase.anonKey, 'content-type': 'application/json' },
    body: JSON.stringify({ email: SUPABASE_EMAIL, password: PASSWORD })
  })
  t.equal(answer.status, 200)
  await supabase.confirm(SUPABASE_EMAIL)
  return { redis, supabase }
}

export async function clientJourneys (t: Test): Promise<void> {
  const { redis, supabase } = await startServices(t)
  const asSupabaseUser: SignIn = (browser, login) =>
    browser.submit(login, ({ fields }) => fields['backend'] === 'supabase', { email: SUPABASE_EMAIL, password: PASSWORD })
  const storages: Record<string, Record<string, string> | undefined> = {
    SQLite: {},
    Redis: redis && { REDIS_URL: redis.url }
  }
  for (const [storage, env] of Object.entries(storages)) {
    await t.test(`on ${storage}`, { skip: env ? false : noRedis }, async (t) => {
      const { url } = await start(t, {
        ...env,
        DATA_DIR: join(place, storage),
        AUTH_BACKEND: 'demo,local,supabase',
        SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A',
        SUPABASE_URL: supabase.url,
        SUPABASE_PUBLISHABLE_KEY: supabase.anonKey
      })
      for (const [index, dialect] of dialects.entries()) {
        const people = { demo: asDemo, local: asNewAccount(`ann${index}@example.com`), Supabase: asSupabaseUser }
        for (const [person, signIn] of Object.entries(people)) {
          const client = await (await signInWith(url, dialect, signIn)).connect()
          const answer = await client.callTool({ name: 'roll_dice', arguments: {} })
          t.match(answer['structuredContent'], { rolled: [Number] }, `${dialect.name}, ${person}`)
          await client.close()
        }
      }
    })
  }
}

/** Existing servers are tested in test/journeys/upstreams.test.ts; here, one command puts one behind the sign-in. */
export async function protectJourney (t: Test): Promise<void> {
  const folder = join(place, 'files')
  await mkdir(folder)
  await writeFile(join(folder, 'a.txt'), 'from a file')
  const filesystem = join(ROOT, 'node_modules/@modelcontextprotocol/server-filesystem/dist/index.js')
  const env = { DATA_DIR: join(place, 'protected'), AUTH_BACKEND: 'demo' }
  const { url } = await start(t, env, ['protect', '--', process.execPath, filesystem, folder])
  const client = await (await signInWith(url, dialects[0]!, asDemo)).connect()
  t.teardown(() => client.close())
  t.ok(await until(async () => (await client.listTools()).tools.some(({ name }) => name === 'read_text_file')))
  const read = await client.callTool({ name: 'read_text_file', arguments: { path: join(folder, 'a.txt') } })
  t.match(read, { content: [{ text: 'from a file' }] })
}
