// Each way in which an app or a person fails to connect, with a real server: what the owner's page and the command say.
import { request as send } from 'node:http'
import { english } from '../../../languages/index.ts'
import { assembleStories } from '../../../plugins/observability/stories/assemble.ts'
import type { Story } from '../../../plugins/observability/stories/contract.ts'
import { Browser } from '../../helpers/browser.ts'
import { json, startHost } from '../../helpers/client-host.ts'
import { command } from '../../helpers/commands.ts'
import {
  authorizeUrl,
  decide,
  newClient,
  pkce,
  post,
  register,
  walk,
  type Fields,
  type TestClient
} from '../../helpers/oauth.ts'
import { ownerOf } from '../../helpers/owner.ts'
import type { TestServer } from '../../helpers/server.ts'
import { storageTest } from '../../helpers/storages.ts'
import { until } from '../../helpers/until.ts'
import { CHATGPT } from '../../helpers/visitors.ts'

const CLOSED = '127.0.0.1:1'

interface Attempt {
  server: TestServer
  client: TestClient
  host: Awaited<ReturnType<typeof startHost>>
  /** The authorization request, with some fields changed. */
  ask(fields?: Fields, browser?: Browser): ReturnType<Browser['get']>
  wait(seconds: number): void
}

const toDocument = (path: string) => async ({ ask, host }: Attempt) => ask({ client_id: host.url(path) })
const redeemWith = (fields: Fields) => async ({ server: { url }, client }: Attempt) => {
  const { form } = await walk(url, client)
  await post(`${url}/token`, { ...form, ...fields })
}

const faults: Record<string, (attempt: Attempt) => Promise<unknown>> = {
  unknown_client: ({ ask }) => ask({ client_id: 'mcp_made_up' }),
  redirect_uri: ({ ask }) => ask({ redirect_uri: 'https://elsewhere.example/callback' }),
  pkce: ({ ask }) => ask({ code_challenge: undefined }),
  invalid_target: ({ ask }) => ask({ resource: 'https://elsewhere.example/' }),
  invalid_scope: ({ ask }) => ask({ scope: 'everything' }),
  unsupported_response_type: ({ ask }) => ask({ response_type: 'token' }),
  login_required: ({ ask }) => ask({ prompt: 'none' }),
  host_blocked: ({ ask }) => ask({ client_id: 'https://blocked.example/client.json' }),
  document_unreachable: ({ ask }) => ask({ client_id: `http://${CLOSED}/client.json` }),
  document_redirect: toDocument('/moved'),
  document_not_json: toDocument('/page'),
  document_mismatch: toDocument('/other'),
  document_invalid: toDocument('/empty'),
  invalid_redirect_uri: ({ server }) => register(server.url, { redirect_uris: ['windsurf://callback'] }),
  credentials: async ({ ask }) => {
    const browser = new Browser()
    await browser.submit(await ask({}, browser), ({ fields }) => 'password' in fields, {
      email: 'ann@example.com',
      password: 'wrong wrong wrong'
    })
  },
  denied: async ({ ask }) => {
    const browser = new Browser()
    await decide(browser, await browser.submit(await ask({}, browser), ({ fields }) => fields['backend'] === 'demo'), 'deny')
  },
  cookies: async ({ ask }) => new Browser().get((await ask()).url),
  other_browser: async ({ ask }) => {
    const other = new Browser()
    await ask({}, other)
    await other.get((await ask()).url)
  },
  code_mismatch: redeemWith({ code_verifier: 'x'.repeat(43) }),
  client_secret: async ({ server: { url } }) => {
    const client = await newClient(url, { token_endpoint_auth_method: 'client_secret_post' })
    const { form } = await walk(url, client)
    await post(`${url}/token`, { ...form, client_secret: 'mcp_cs_wrong' })
  },
  code_used: async ({ server: { url }, client }) => {
    const { form } = await walk(url, client)
    await post(`${url}/token`, form)
    await post(`${url}/token`, form)
  },
  code_expired: async ({ server: { url }, client, wait }) => {
    const { form } = await walk(url, client)
    wait(61)
    await post(`${url}/token`, form)
  },
  host: ({ server }) =>
    new Promise((resolve) => send(`${server.url}/mcp`, { headers: { host: 'wrong.example' } }, (got) => got.resume().once('end', resolve)).end())
}

/** What pages have within a second. */
const storiesNow = async ({ app }: TestServer) => assembleStories(await app.audit.latest(), app.now())

storageTest('each failure is told with what it means and what to do, on the page and by the command', async (t, start) => {
  const host = await startHost(t)
  host.answers.set('/moved', (response) => response.writeHead(302, { location: '/' }).end())
  host.answers.set('/page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'))
  host.answers.set('/other', json({
    client_id: host.url('/mine'),
    redirect_uris: ['https://app.example/callback']
  }))
  host.answers.set('/empty', json({ client_id: host.url('/empty') }))
  let ahead = 0
  const server = await start({
    now: () => Date.now() / 1_000 + ahead,
    env: {
      CLIENT_METADATA_INSECURE_HOSTS: `${host.host},${CLOSED}`,
      CLIENT_METADATA_HOSTS: '127.0.0.1'
    }
  })
  const { url, app, config, dataDir } = server
  const owner = await ownerOf(server)
  const told = new Map<string, Story>()
  for (const [code, fail] of Object.entries(faults)) {
    const client = await newClient(url, { client_name: `App ${code}` })
    const ask: Attempt['ask'] = (fields = {}, browser = new Browser()) =>
      browser.get(authorizeUrl(url, {
        client_id: client.client_id,
        code_challenge: pkce().challenge,
        ...fields
      }))
    const wait = (seconds: number) => {
      ahead += seconds
    }
    await fail({ server, client, host, ask, wait })
    const story = (await storiesNow(server)).find(({ state, id }) => state.kind === 'failed' && state.code === code && !told.has(id))
    if (t.ok(story, code)) told.set(code, story!)
  }
  const last = [...told.values()].at(-1)!
  await until(async () => (await app.stories.latest()).some(({ id }) => id === last.id))
  for (const [code, story] of told) {
    const page = await owner.browser.get(`${url}/admin/connection?id=${encodeURIComponent(story.id)}`)
    t.equal(page.status, 200)
    const { means, todo } = story.state as Extract<Story['state'], { kind: 'failed' }>
    for (const key of [means, todo]) t.ok(page.text.includes(english.text(key)), `${code}: ${key}`)
  }
  t.match(told.get('redirect_uri'), {
    clientName: 'App redirect_uri',
    redirect: 'elsewhere.example'
  })
  t.match(told.get('denied'), { clientName: 'App denied', user: String })
  for (const code of ['code_expired', 'code_mismatch', 'client_secret', 'code_used']) {
    t.match(told.get(code)!.events.map(({ event }) => event).slice(-4).join(), /authorization,sign_in,consent|sign_in,consent,token,reuse/, code)
  }
  await app.audit.flush()
  const env = {
    DATA_DIR: dataDir,
    ...(config.redisUrl && { REDIS_URL: config.redisUrl, SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' })
  }
  const { stdout } = await command('audit', env, ['--attempts'])
  for (const [code, { id }] of told) t.match(stdout, `  ${id}  failed: ${code}  `, code)
})

storageTest('an account that is locked, and one that nobody allowed', async (t, start) => {
  const server = await start({ env: { AUTH_BACKEND: 'local', SIGNUP: 'open' } })
  const { url, app } = server
  const browser = new Browser()
  await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
    email: 'ann@example.com',
    password: 'eleven quiet otters 42'
  })
  const [person] = await Array.fromAsync(app.signIn.lifecycle.all())
  await app.signIn.lifecycle.lock(person!.id)
  const client = await newClient(url)
  const other = new Browser()
  const login = await other.get(authorizeUrl(url, {
    client_id: client.client_id,
    code_challenge: pkce().challenge
  }))
  await other.submit(login, ({ fields }) => 'password' in fields, {
    email: 'ann@example.com',
    password: 'eleven quiet otters 42'
  })
  const [story] = await app.stories.latest()
  t.match(story, {
    state: {
      kind: 'failed',
      code: 'locked',
      todo: 'connections.do_unlock'
    }
  })
})

storageTest('a fault of this server is no refusal: the app hears nothing of it, and no story says that it was refused', async (t, start) => {
  const { url, app } = await start()
  const asked = {
    client_id: CHATGPT,
    redirect_uri: 'https://chatgpt.com/connector_platform_oauth_redirect',
    code_challenge: pkce().challenge
  }
  const { clients, signIn } = app
  const fail = async () => { throw new Error('storage is away') }
  const { find } = clients
  const { begin } = signIn.interactions
  const broken = [() => { clients.find = fail }, () => { clients.find = find; signIn.interactions.begin = fail }]
  for (const breakIt of broken) {
    breakIt()
    const browser = new Browser()
    const page = await browser.get(authorizeUrl(url, asked))
    t.equal(page.status, 500)
    t.equal(browser.left, undefined)
    t.notMatch(page.text, /storage is away|href="https:\/\/chatgpt/)
  }
  signIn.interactions.begin = begin
  const events = await app.audit.latest()
  t.notOk(events.some(({ event }) => event === 'authorization_refused'))
})
