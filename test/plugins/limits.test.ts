// Limits: guessing and flooding are answered 429, one address does not pay for another, good credentials do not pay for
// bad ones, and nobody can lock another out (threats RL-01..07, WB-22, GR-09, GR-10).
import t from 'tap'
import { temporarilyUnavailable } from '../../errors.ts'
import { StorageUnavailable } from '../../plugins/storage/contract.ts'
import { Browser } from '../helpers/browser.ts'
import { startDirectory } from '../helpers/directory.ts'
import { authorizeUrl, newClient, ping, pkce, post, tokensFor, walk } from '../helpers/oauth.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { startServer, type TestServer } from '../helpers/server.ts'

const redis = await startRedis()
t.teardown(() => redis?.stop())

/** The test's own requests claim addresses through the one proxy that is trusted. */
const from = (address: string) => ({ 'x-forwarded-for': address })
const register = (url: string, address: string) =>
  fetch(`${url}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...from(address) },
    body: JSON.stringify({ redirect_uris: ['https://client.example/cb'] })
  })

for (const [name, env] of [
  ['in this process', {}],
  ['on Redis', redis && { REDIS_URL: redis.url, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' }]
] as const) {
  t.test(name, { skip: env ? false : noRedis }, async (t) => {
    const start = (more: Record<string, string> = {}) =>
      startServer(t, { env: { ...env, RATE_LIMITS: 'on', TRUST_PROXY: '127.0.0.1', ...more } })
    const server = await start()

    t.test('RL-04: the 21st registration of a minute is refused, another address is not', async (t) => {
      const statuses = await Promise.all(
        Array.from({ length: 25 }, async () => (await register(server.url, '192.0.2.1')).status)
      )
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

    t.test(
      'RL-05, GR-09: failures at the token endpoint are refused, and good credentials of the same address never are',
      async (t) => {
        const headers = from('192.0.2.9')
        const client = await newClient(server.url)
        const { access, refresh, form: used } = await tokensFor(server.url, client)
        const { form } = await walk(server.url, client)
        const fail = (address: string) =>
          post(
            `${server.url}/token`,
            { grant_type: 'authorization_code', client_id: 'nobody', code: 'x' },
            from(address)
          )
        const statuses = []
        for (let count = 0; count < 61; count++) statuses.push((await fail('192.0.2.9')).status)
        t.same(statuses.slice(-2), [401, 429])
        t.match(await fail('192.0.2.9'), { body: { error: 'too_many_requests' }, headers: { get: Function } })
        t.equal((await fail('192.0.2.10')).status, 401, 'another address has its own')

        t.equal(
          (await post(`${server.url}/token`, { ...form, code_verifier: 'a'.repeat(43) }, headers)).status,
          429,
          'a wrong verifier'
        )
        t.equal(
          (await post(`${server.url}/token`, form, headers)).status,
          200,
          'a good code, which the wrong verifier did not spend'
        )
        const next = await post(
          `${server.url}/token`,
          { ...client, grant_type: 'refresh_token', refresh_token: refresh },
          headers
        )
        t.equal(next.status, 200, 'a good refresh token')
        t.equal((await post(`${server.url}/token`, { ...used, client_id: 'nobody' }, headers)).status, 429)
        t.equal(await ping(server.url, access), 200)
        t.equal((await post(`${server.url}/token`, used, headers)).status, 429, 'a spent code is refused so, too')
        t.equal(await ping(server.url, access), 401, 'and has ended what it gave')
      }
    )

    t.test('GR-09: so it is at /revoke and /introspect, each with a count of its own', async (t) => {
      const headers = from('192.0.2.11')
      const client = await newClient(server.url, { token_endpoint_auth_method: 'client_secret_post' })
      for (const path of ['/introspect', '/revoke']) {
        const { access } = await tokensFor(server.url, client)
        const statuses = []
        for (let count = 0; count < 61; count++) { statuses.push((await post(server.url + path, { client_id: 'nobody', token: access }, headers)).status) }
        t.same(statuses.slice(-2), [401, 429], path)
        t.equal(await ping(server.url, access), 200)
        t.equal((await post(server.url + path, { ...client, token: access }, headers)).status, 200, path)
        t.equal(await ping(server.url, access), path === '/revoke' ? 401 : 200)
      }
    })

    t.test("GR-09: what is this server's own fault is no failure of the caller", async (t) => {
      const headers = from('192.0.2.12')
      const { authenticate } = server.app.clients
      let asked = 0
      server.app.clients.authenticate = async () => {
        throw asked++ % 2 === 0
          ? new StorageUnavailable('away')
          : temporarilyUnavailable('the host of a document does not answer')
      }
      const fields = { grant_type: 'authorization_code', client_id: 'nobody', code: 'x' }
      for (let count = 0; count < 130; count++) { t.equal((await post(`${server.url}/token`, fields, headers)).status, 503) }
      server.app.clients.authenticate = authenticate
      t.equal((await post(`${server.url}/token`, fields, headers)).status, 401)
    })

    t.test(
      'GR-10: each form and endpoint that can be guessed at or flooded has a limit by address of its own',
      async (t) => {
        const directory = await startDirectory(t)
        directory.people.set('cid@example.com', { id: 'e', password: 'Copper kettle on a tram', code: '246810' })
        // With counts of its own: on Redis the other servers here have the same.
        const own: Record<string, string> = 'REDIS_URL' in env! ? { REDIS_URL: `${env.REDIS_URL}own:` } : {}
        const small = await start({
          ...own,
          RATE_LIMITS: 'sign-in=2,sign-up=2,registration=2',
          AUTH_BACKEND: `${directory.path},local`,
          DIRECTORY_URL: directory.env['DIRECTORY_URL']!,
          DIRECTORY_KEY: directory.env['DIRECTORY_KEY']!
        })
        const { url } = small
        const browser = new Browser()
        const handleOf = async () => new URL((await browser.get(`${url}/login`)).url).searchParams.get('interaction')!
        const codePage = await browser.submit(
          await browser.get(`${url}/login`),
          ({ fields }) => 'password' in fields && fields['backend'] !== 'local',
          { email: 'cid@example.com', password: 'Copper kettle on a tram' }
        )
        const signup = await browser.get(`${url}/signup`)
        let code = codePage
        const pages: Record<string, (headers: Record<string, string>) => Promise<{ status: number }>> = {
          '/login': async (headers) =>
            browser.post(
              `${url}/login`,
              { interaction: await handleOf(), backend: 'local', email: 'ann@example.com', password: 'wrong wrong' },
              headers
            ),
          '/login/code': async (headers) => {
            const answer = await browser.post(
              `${url}/login/code`,
              { ...code.forms[0]!.fields, code: '000000' },
              headers
            )
            if (answer.forms.length > 0) code = answer
            return answer
          },
          '/password/forgot': (headers) =>
            browser.post(`${url}/password/forgot`, { email: 'ann@example.com' }, headers),
          '/password/reset': (headers) => browser.post(`${url}/password/reset`, { link: 'x', password: 'x' }, headers),
          '/email/confirm': (headers) => browser.post(`${url}/email/confirm`, { link: 'x' }, headers),
          '/signup': (headers) =>
            browser.post(
              `${url}/signup`,
              { ...signup.forms[0]!.fields, email: 'not an address', password: 'x' },
              headers
            ),
          '/register': (headers) =>
            fetch(`${url}/register`, {
              method: 'POST',
              headers: { ...headers, 'content-type': 'application/json' },
              body: '{}'
            })
        }
        for (const [path, ask] of Object.entries(pages)) {
          const statuses: number[] = []
          for (let count = 0; count < 3; count++) statuses.push((await ask(from('198.51.100.9'))).status)
          t.same([statuses.slice(0, 2).includes(429), statuses[2]], [false, 429], `${path}: ${statuses}`)
          t.not((await ask(from('198.51.100.10'))).status, 429, `${path} from another address`)
        }
      }
    )

    t.test('GR-10: codes are slowed down by account, from whatever address', async (t) => {
      const directory = await startDirectory(t)
      directory.people.set('cid@example.com', { id: 'e', password: 'Copper kettle on a tram', code: '246810' })
      const slow = await start({ ...directory.env, RATE_LIMITS: 'sign-in=1000' })
      const guess = async (address: string) => {
        const browser = new Browser()
        const page = await browser.submit(
          await browser.get(`${slow.url}/login`),
          ({ fields }) => 'password' in fields,
          { email: 'cid@example.com', password: 'Copper kettle on a tram' }
        )
        const begun = performance.now()
        const answer = await browser.post(
          `${slow.url}/login/code`,
          { ...page.forms[0]!.fields, code: '000000' },
          from(address)
        )
        return { status: answer.status, ms: performance.now() - begun }
      }
      const guesses = []
      for (let count = 0; count < 12; count++) guesses.push(await guess(`198.51.100.${count}`))
      t.same(new Set(guesses.map(({ status }) => status)), new Set([401]))
      t.ok(guesses[11]!.ms >= 250, 'the eleventh and later wait')
    })

    t.test(
      'RL-02: guesses at one account from many addresses get slower, and its owner is not locked out',
      async (t) => {
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
      }
    )

    t.test('RL-03: a request counts once, however many of its steps count it', async (t) => {
      const few = await start({ RATE_LIMITS: 'authorization=2', DATA_DIR: `${server.dataDir}-6` })
      const client = await newClient(few.url)
      const address = authorizeUrl(few.url, { client_id: client.client_id, code_challenge: pkce().challenge })
      const ask = async () => (await fetch(address, { redirect: 'manual', headers: from('192.0.2.50') })).status
      t.same([await ask(), await ask(), await ask()], [303, 303, 429])
    })

    t.test('RL-03: sign-ups', async (t) => {
      const fresh = await start({ DATA_DIR: `${server.dataDir}-4` })
      const browser = new Browser()
      const login = await browser.get(`${fresh.url}/login`)
      const page = await browser.get(
        new URL(/href="([^"]*\/signup[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&'), fresh.url).href
      )
      const statuses: number[] = []
      for (let count = 0; count < 6; count++) {
        statuses.push(
          (await browser.submit(page, ({ action }) => action === '/signup', { email: 'not an address', password: 'x' }))
            .status
        )
      }
      t.same(statuses, [400, 400, 400, 400, 400, 429])
    })

    t.test('RL-06: introspection without proof is refused before anything is looked up', async (t) => {
      const statuses = new Set<number>()
      for (let count = 0; count < 30; count++) {
        statuses.add(
          (
            await fetch(`${server.url}/introspect`, {
              method: 'POST',
              headers: from('192.0.2.77'),
              body: new URLSearchParams({ token: `mcp_at_${count}`, client_id: 'nobody' })
            })
          ).status
        )
      }
      t.same([...statuses], [401])
    })

    t.test('RL-07: garbage costs no look into storage, and a well-formed made-up token one', async (t) => {
      const counting = await start({ METRICS_TOKEN: 'f3b1c9a07d5e42688e1d', DATA_DIR: `${server.dataDir}-5` })
      const looks = async () => {
        const text = await (
          await fetch(`${counting.url}/metrics`, { headers: { authorization: 'Bearer f3b1c9a07d5e42688e1d' } })
        ).text()
        return Number(
          /^mcp_storage_operation_duration_seconds_count\{operation="find",outcome="ok"\} (\d+)$/m.exec(text)?.[1] ?? 0
        )
      }
      const ask = (token: string) =>
        Promise.all(
          Array.from({ length: 50 }, (_, count) =>
            ping(counting.url, token.replace('#', String(count).padStart(2, '0')))
          )
        )
      const before = await looks()
      t.same([...new Set(await ask('guess-#'))], [401])
      t.same([...new Set(await ask(`mcp_at_#${'A'.repeat(62)}`))], [401], 'a letter short')
      t.equal(await looks(), before)
      t.same([...new Set(await ask(`mcp_at_#${'A'.repeat(63)}`))], [401])
      t.equal(await looks(), before + 50, 'so it is looks that were counted')
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
    const answer = await browser.post(
      `${server.url}/login`,
      { ...form.fields, email: `ann@${new URL(server.url).port}.example`, password: 'wrong wrong' },
      from(address(index))
    )
    statuses.push(answer.status)
  }
  return statuses
}
