// Limits: guessing and flooding are answered 429, one address does not pay for another, and nobody can lock another out (threats RL-01..05, WB-22).
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())

/** The test's own requests claim addresses through the one proxy that is trusted. */
const from = (address: string) => ({ 'x-forwarded-for': address })
const register = (url: string, address: string) => fetch(`${url}/register`, {
  method: 'POST', headers: { 'content-type': 'application/json', ...from(address) }, body: JSON.stringify({ redirect_uris: ['https://client.example/cb'] })
})

for (const [name, env] of [['in this process', {}], ['on Redis', redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }]] as const) {
  t.test(name, { skip: env ? false : noRedis }, async (t) => {
    const start = (more: Record<string, string> = {}) => startServer(t, { env: { ...env, RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1', ...more } })
    const server = await start()

    t.test('RL-04: the 21st registration of a minute is refused, another address is not', async (t) => {
      const statuses = await Promise.all(Array.from({ length: 25 }, async () => (await register(server.url, '192.0.2.1')).status))
      t.equal(statuses.filter((status) => status === 201).length, 20)
      const refused = await register(server.url, '192.0.2.1')
      t.equal(refused.status, 429)
      t.ok(Number(refused.headers.get('retry-after')) > 0)
      t.match(await refused.json(), { error: 'too_many_requests' })
      t.equal((await register(server.url, '192.0.2.2')).status, 201)
    })

    t.test('RL-01, WB-22: addresses of one IPv6 network count together, in any spelling', async (t) => {
      const spellings = Array.from({ length: 21 }, (_, index) => `2001:db8:0:7:${index.toString(16)}::1`)
      const statuses = []
      for (const address of spellings) statuses.push((await register(server.url, address)).status)
      t.same(statuses.slice(-2), [201, 429])
      t.equal((await register(server.url, '2001:0DB8:0:7::9')).status, 429)
      t.equal((await register(server.url, '2001:db8:0:8::1')).status, 201)
    })

    t.test('RL-05: failures at the token endpoint', async (t) => {
      const fail = (address: string) => fetch(`${server.url}/token`, { method: 'POST', headers: from(address), body: new URLSearchParams({ grant_type: 'authorization_code', client_id: 'nobody', code: 'x' }) })
      const statuses = []
      for (let count = 0; count < 61; count++) statuses.push((await fail('192.0.2.9')).status)
      t.same(statuses.slice(-2), [401, 429])
      t.match(await (await fail('192.0.2.9')).json(), { error: 'too_many_requests' })
      t.equal((await fail('192.0.2.10')).status, 401)
    })

    t.test('RL-02: guesses at one account from many addresses get slower, and its owner is not locked out', async (t) => {
      const fresh = await start({ DATA_DIR: `${server.dataDir}-3` })
      const failing = await tries(fresh, 11, (count) => `198.51.100.${count}`)
      t.same(new Set(failing), new Set([401]))
      const delays: number[] = []
      const { slowDown } = fresh.app.limits
      fresh.app.limits.slowDown = async (request, account) => {
        const begun = performance.now()
        await slowDown(request, account)
        delays.push(performance.now() - begun)
      }
      await tries(fresh, 2, (count) => `203.0.113.${count}`)
      t.ok(delays[0]! > 200 && delays[1]! > 400, 'the wait doubles')
    })

    t.test('RL-03: sign-ups', async (t) => {
      const fresh = await start({ DATA_DIR: `${server.dataDir}-4` })
      const browser = new Browser()
      const login = await browser.get(`${fresh.url}/login`)
      const page = await browser.get(new URL(/href="([^"]*\/signup[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&'), fresh.url).href)
      const statuses: number[] = []
      for (let count = 0; count < 6; count++) statuses.push((await browser.submit(page, ({ action }) => action === '/signup', { email: 'not an address', password: 'x' })).status)
      t.same(statuses, [400, 400, 400, 400, 400, 429])
    })

    t.test('RL-06: introspection without proof is refused before anything is looked up', async (t) => {
      const statuses = new Set<number>()
      for (let count = 0; count < 30; count++) statuses.add((await fetch(`${server.url}/introspect`, { method: 'POST', headers: from('192.0.2.77'), body: new URLSearchParams({ token: `mcp_at_${count}`, client_id: 'nobody' }) })).status)
      t.same([...statuses], [401])
    })

    t.test('RL-07: a made-up access token costs no look into storage', async (t) => {
      let looks = 0
      const { collection } = server.app.storage
      server.app.storage.collection = (kind) => { looks++; return collection(kind) }
      const answers = await Promise.all(Array.from({ length: 50 }, (_, count) => fetch(server.url, { method: 'POST', headers: { authorization: `Bearer guess-${count}`, 'content-type': 'application/json' }, body: '{}' })))
      t.same([...new Set(answers.map(({ status }) => status))], [401])
      t.equal(looks, 0)
      server.app.storage.collection = collection
    })

    t.test('RL-01: wrong passwords, and a forwarded address counts only from a trusted proxy', async (t) => {
      t.equal((await tries(server, 11, () => '192.0.2.20')).at(-1), 429)
      const untrusting = await start({ TRUST_PROXY: '', DATA_DIR: `${server.dataDir}-2` })
      t.equal((await tries(untrusting, 11, (count) => `192.0.2.${count}`)).at(-1), 429)
    })
  })
}

async function tries (server: TestServer, count: number, address: (count: number) => string): Promise<number[]> {
  const browser = new Browser()
  const login = await browser.get(`${server.url}/login`)
  const form = login.forms.find(({ fields }) => 'password' in fields)!
  const statuses: number[] = []
  for (let index = 0; index < count; index++) {
    const answer = await browser.post(`${server.url}/login`, { ...form.fields, email: `ann@${new URL(server.url).port}.example`, password: 'wrong wrong' }, from(address(index)))
    statuses.push(answer.status)
  }
  return statuses
}
