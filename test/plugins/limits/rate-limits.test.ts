// Guessing and flooding are answered 429, one address does not pay for another, and good credentials do not pay for bad
// ones (threats RL-01..05, WB-22, GR-09, GR-10).
import { Redis } from 'ioredis'
import { temporarilyUnavailable } from '../../../errors.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { startDirectory } from '../../helpers/directory.ts'
import { from, limitsTest, tries } from '../../helpers/limits.ts'
import { authorizeUrl, newClient, ping, pkce, post, tokensFor, walk } from '../../helpers/oauth.ts'

const register = (url: string, address: string) =>
  fetch(`${url}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...from(address) },
    body: JSON.stringify({ redirect_uris: ['https://client.example/cb'] })
  })

await limitsTest(async (t, { start, server, env }) => {
  t.test('the 21st registration of a minute is refused, another address is not (RL-04)', async (t) => {
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

  t.test('addresses of one IPv6 network count together, in any spelling (RL-01, WB-22)', async (t) => {
    const spellings = Array.from({ length: 21 }, (_, index) => `2001:db8:0:7:${index.toString(16)}::1`)
    const statuses = []
    for (const address of spellings) statuses.push((await register(server.url, address)).status)
    t.same(statuses.slice(-2), [201, 429])
    t.equal((await register(server.url, '2001:0DB8:0:7::9')).status, 429)
    t.equal((await register(server.url, '2001:db8:0:8::1')).status, 201)
  })

  t.test('the networks of one site have sixteen times the limit together, and another site has its own (OW-09)', async (t) => {
    const { url } = await start({ RATE_LIMITS: 'registration=1' })
    const statuses = []
    for (let network = 0; network < 17; network++) statuses.push((await register(url, `2001:db8:1:${network}::1`)).status)
    t.same(statuses, [...Array(16).fill(201), 429])
    t.equal((await register(url, '2001:db8:1:3::1')).status, 429)
    t.equal((await register(url, '2001:db8:2::1')).status, 201)
  })

  t.test('networks of a site that is beyond its limit leave no counters (ST-09)', async (t) => {
    const { url } = await start({ RATE_LIMITS: 'registration=1' })
    const [place] = env['REDIS_URL']?.split('?') ?? []
    const redis = place === undefined ? undefined : new Redis(place)
    t.teardown(() => redis?.disconnect())
    const counters = async () => (await redis?.keys('*2001:db8:9:*'))?.length ?? 0
    const statuses = []
    for (let network = 0; network < 40; network++) {
      const address = `2001:db8:9:${network.toString(16)}::1`
      statuses.push((await register(url, address)).status)
    }
    t.same(statuses, [...Array(16).fill(201), ...Array(24).fill(429)])
    // Those of sixteen networks, of the first that was refused, and of the site.
    t.ok((await counters()) <= 18)
  })

  t.test(
    'failures at the token endpoint are refused, and good credentials of the same address never are (RL-05, GR-09)',
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

  t.test('so it is at /revoke and /introspect, each with a count of its own (GR-09)', async (t) => {
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

  t.test('what names nothing at /revoke and /introspect counts, and takes nothing from good requests (CL-10)', async (t) => {
    const headers = from('192.0.2.13')
    const client = await newClient(server.url, { token_endpoint_auth_method: 'client_secret_post' })
    const { access, refresh } = await tokensFor(server.url, client)
    for (const path of ['/introspect', '/revoke']) {
      const statuses = []
      for (let count = 0; count < 61; count++) { statuses.push((await post(server.url + path, { ...client, token: 'x' }, headers)).status) }
      t.same(statuses.slice(-2), [200, 429], path)
      t.equal((await post(server.url + path, { ...client, token: access }, headers)).status, 200, path)
    }
    const fields = { ...client, grant_type: 'refresh_token', refresh_token: refresh }
    t.equal((await post(`${server.url}/token`, fields, headers)).body['error'], 'invalid_grant', 'revoked above')
    const other = await tokensFor(server.url, client)
    t.equal((await post(`${server.url}/token`, { ...fields, refresh_token: other.refresh }, headers)).status, 200)
  })

  t.test("what is this server's own fault is no failure of the caller (GR-09)", async (t) => {
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
    'each form and endpoint that can be guessed at or flooded has a limit by address of its own (GR-10)',
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

  t.test('a request counts once, however many of its steps count it (RL-03)', async (t) => {
    const few = await start({ RATE_LIMITS: 'authorization=2', DATA_DIR: `${server.dataDir}-6` })
    const client = await newClient(few.url)
    const address = authorizeUrl(few.url, { client_id: client.client_id, code_challenge: pkce().challenge })
    const ask = async () => (await fetch(address, { redirect: 'manual', headers: from('192.0.2.50') })).status
    t.same([await ask(), await ask(), await ask()], [303, 303, 429])
  })

  t.test('sign-ups (RL-03)', async (t) => {
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

  t.test('wrong passwords, and a forwarded address counts only from a trusted proxy (RL-01)', async (t) => {
    t.equal((await tries(server, 11, () => '192.0.2.20')).at(-1), 429)
    const untrusting = await start({ TRUST_PROXY: '', DATA_DIR: `${server.dataDir}-2` })
    t.equal((await tries(untrusting, 11, (count) => `192.0.2.${count}`)).at(-1), 429)
  })
})
