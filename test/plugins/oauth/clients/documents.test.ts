// Client metadata documents, over real HTTP: what is fetched, what is stored, and which copy serves (requirements R1, R2,
// R8; threats CL-02, CL-03).
import t from 'tap'
import { createDocuments } from '../../../../plugins/oauth/clients/documents.ts'
import { Browser } from '../../../helpers/browser.ts'
import { startServer } from '../../../helpers/server.ts'
import {
  authorizeUrl,
  CALLBACK,
  json,
  pkce,
  redeem,
  startHost,
  walk,
  type Answer
} from '../../../helpers/client-host.ts'

t.test('a document is fetched once while it is fresh, and its client signs its user in (R1, R2)', async (t) => {
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const id = host.url('/client.json')
  host.answers.set(
    '/client.json',
    json(
      {
        client_id: id,
        client_name: 'Documented',
        redirect_uris: [CALLBACK],
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer']
      },
      { 'cache-control': 'max-age=3600' }
    )
  )
  const { consent, form } = await walk(server, id)
  t.match(consent.text, 'Documented')
  t.match(consent.text, 'app.example')
  const tokens = await redeem(server, form)
  t.equal(tokens.status, 200)
  t.type(((await tokens.json()) as Record<string, unknown>)['refresh_token'], 'string')
  t.equal(host.asked.length, 1)
  t.equal(
    (await new Browser().get(authorizeUrl(server, id, pkce().challenge, 'https://other.example/cb'))).status,
    400,
    'a redirect URI the document does not list'
  )
})

t.test(
  'a well-known client is known even when its host cannot be reached, and a stale copy serves others (R8)',
  async (t) => {
    let now = 1_800_000_000
    const host = await startHost(t)
    const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host }, now: () => now })
    const page = await new Browser().get(
      authorizeUrl(
        server,
        'https://chatgpt.com/oauth/client.json',
        pkce().challenge,
        'https://chatgpt.com/connector_platform_oauth_redirect'
      )
    )
    t.equal(page.status, 200)
    t.match(page.text, 'ChatGPT')

    const id = host.url('/client.json')
    host.answers.set('/client.json', json({ client_id: id, client_name: 'Documented', redirect_uris: [CALLBACK] }))
    const { form } = await walk(server, id)
    t.equal((await redeem(server, form)).status, 200)
    for (const [name, answer] of Object.entries(badAnswers(host, id))) {
      host.answers.set('/client.json', answer)
      for (let day = 0; day < 3; day++) {
        now += 86_400
        const again = await new Browser().get(authorizeUrl(server, id, pkce().challenge))
        t.match({ status: again.status, url: again.url }, { status: 200, url: /\/login/ }, `${name}, day ${day}`)
      }
    }
  }
)

/** What a host may come to say. */
const badAnswers = (host: { url(path: string): string }, id: string): Record<string, Answer> => ({
  gone: (response) => {
    response.writeHead(404).end()
  },
  'in trouble': (response) => {
    response.writeHead(500).end()
  },
  'no JSON': (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('<html>')
  },
  'another id': json({ client_id: host.url('/other'), client_name: 'Documented', redirect_uris: [CALLBACK] }),
  'no redirects': json({ client_id: id, client_name: 'Documented', redirect_uris: [] }),
  'a cut body': (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '3000' }).write('{')
    setTimeout(() => response.destroy(), 20)
  }
})

t.test('what strangers look at is counted by address, and stored only when somebody allows it (CL-02)', async (t) => {
  const host = await startHost(t)
  const { url: server, app } = await startServer(t, {
    env: { CLIENT_METADATA_INSECURE_HOSTS: host.host, RATE_LIMITS: 'registration=5' }
  })
  const serve = (path: string) => {
    host.answers.set(
      path,
      json(
        { client_id: host.url(path), client_name: 'App', redirect_uris: [CALLBACK] },
        { 'cache-control': 'max-age=30' }
      )
    )
    return host.url(path)
  }
  const stored = async () => (await Array.fromAsync(app.storage.collection('clientDocument').all())).length
  const known = serve('/known')
  const { form } = await walk(server, known)
  t.equal(await stored(), 1, 'a consent')
  t.equal((await redeem(server, form)).status, 200)
  const statuses: number[] = []
  for (let index = 0; index < 10; index++) { statuses.push((await new Browser().get(authorizeUrl(server, serve(`/${index}`), pkce().challenge))).status) }
  t.same(statuses, [200, 200, 200, 200, 429, 429, 429, 429, 429, 429])
  t.equal(host.asked.length, 5)
  t.equal(await stored(), 1)
  t.equal(
    (await new Browser().get(authorizeUrl(server, known, pkce().challenge))).status,
    200,
    'the app that somebody has allowed goes on'
  )
})

t.test('an app whose host stalls or errs costs its person no page, and no way to disconnect it (CL-03)', async (t) => {
  let now = 1_800_000_000
  const host = await startHost(t)
  const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host }, now: () => now })
  const id = host.url('/client.json')
  const good = json(
    { client_id: id, client_name: 'Documented', redirect_uris: [CALLBACK] },
    { 'cache-control': 'max-age=30' }
  )
  host.answers.set('/client.json', good)
  const { browser, form } = await walk(server, id)
  const tokens = (await (await redeem(server, form)).json()) as Record<string, string>
  host.answers.set('/client.json', () => {})
  now += 3_600
  const before = host.asked.length
  const account = await browser.get(`${server}/account`)
  t.match(
    { status: account.status, text: account.text },
    { status: 200, text: /Documented[\s\S]*Verified: <bdi[^>]*>(?:<bdi>)?127\.0\.0\.1/ }
  )
  t.equal(host.asked.length, before, 'the page asks nobody')
  const refreshed = await redeem(server, {
    grant_type: 'refresh_token',
    client_id: id,
    refresh_token: tokens['refresh_token']!
  })
  t.equal(refreshed.status, 200, 'the copy serves')
  const gone = await browser.submit(account, ({ fields }) => 'app' in fields)
  t.equal(gone.status, 200)
  t.notMatch(gone.text, 'Documented</bdi></h3>')
})

t.test('who shows no code or token of an allowed app causes no fetch of its document, however stale (CL-10)', async (t) => {
  let now = 1_800_000_000
  const host = await startHost(t)
  const { url: server } = await startServer(t, {
    env: { CLIENT_METADATA_INSECURE_HOSTS: host.host, RATE_LIMITS: 'registration=2' },
    now: () => now
  })
  const id = host.url('/client.json')
  const document = { client_id: id, client_name: 'Documented', redirect_uris: [CALLBACK] }
  host.answers.set('/client.json', json(document, { 'cache-control': 'max-age=30' }))
  const { form } = await walk(server, id)
  now += 35
  const asked = host.asked.length
  for (const path of ['/revoke', '/token', '/introspect']) {
    const body = new URLSearchParams({ client_id: id, token: 'x', grant_type: 'refresh_token', refresh_token: 'x' })
    await (await fetch(server + path, { method: 'POST', body })).text()
  }
  t.equal(host.asked.length, asked)
  t.equal((await redeem(server, form)).status, 200)
  t.equal(host.asked.length, asked + 1, 'its own code counts')
  for (let visit = 0; visit < 3; visit++) {
    now += 35
    t.equal((await new Browser().get(authorizeUrl(server, id, pkce().challenge))).status, 200)
  }
  t.equal(host.asked.length, asked + 2, 'a visitor is counted by address, and beyond that the stored copy serves')
})

t.test('a copy that was read while the clock had leapt ahead is not fresh until it gets there (SG-12)', async (t) => {
  const real = 1_800_000_000
  let now = real + 366 * 86_400
  let fetched = 0
  const stored = new Map<string, object>()
  const url = new URL('https://app.example/client.json')
  const document = { client_id: url.href, client_name: 'App', redirect_uris: [CALLBACK] }
  const documents = createDocuments({
    store: {
      find: async (id: string) => stored.get(id),
      put: async (id: string, copy: object) => {
        stored.set(id, copy)
      }
    } as never,
    gate: {
      fetch: async ({ read }) => {
        fetched++
        return { value: read(document), maxAge: 3_600 }
      }
    },
    hosts: [],
    redirectRules: { ownOrigin: 'https://mcp.example', privateUse: 'any' },
    now: () => now,
    log: { warn () {} }
  })
  const find = () => documents.find(url, {} as never)
  await find()
  await documents.keep(url)
  await find()
  t.equal(fetched, 1)
  now = real
  await find()
  t.equal(fetched, 2)
})

t.test('a host that is not in the list is refused on every way to a document, also one that was stored before (CL-02)', async (t) => {
  let asked = 0
  const open = (hosts: readonly string[]) => createDocuments({
    store: { find: async () => ({ document: { client_id: 'x', redirect_uris: [CALLBACK] }, freshUntil: 1_800_000_000 }) } as never,
    gate: { fetch: async () => { asked++ } } as never,
    hosts,
    redirectRules: { ownOrigin: 'https://mcp.example', privateUse: 'any' },
    now: () => 1_799_999_999,
    log: { warn () {} }
  })
  const ways: Record<string, (documents: ReturnType<typeof open>, url: URL) => Promise<unknown>> = {
    find: (documents, url) => documents.find(url, {} as never),
    recall: (documents, url) => documents.recall(url),
    findAllowed: (documents, url) => documents.findAllowed(url, {} as never, async () => 'ann')
  }
  for (const [name, way] of Object.entries(ways)) {
    for (const host of ['evilapp.example', 'app.example.evil.example', 'www.app.example', 'example', 'chatgpt.com']) {
      await t.rejects(way(open(['app.example', 'b.example']), new URL(`https://${host}/c.json`)), { code: 'invalid_client' }, `${name}: ${host}`)
    }
    t.ok(await way(open(['b.example', 'app.example']), new URL('https://app.example/c.json')), name)
    t.ok(await way(open([]), new URL('https://any.example/c.json')), `${name}: without a list`)
  }
  t.equal(asked, 0)
})
