// The application of docs/fastify-plugin.md: nothing of it changes with
// the server in it, and a client that knows only the URL
// connects, signs in and calls.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { FastifyInstance, InjectOptions } from 'fastify'
import t from 'tap'
import mcpOAuth from '../../fastify/index.ts'
import { childEnvironment } from '../helpers/child-environment.ts'
import { importShop, withTable, writeShop } from '../helpers/host-application.ts'
import { freePort } from '../helpers/ports.ts'
import { asDemo, signInWith, v2Dialects } from '../helpers/sdk-client.ts'
import { until } from '../helpers/until.ts'

const folder = await writeShop(t)
const { buildShop, orders } = await importShop(folder)
const withMcp = (app: FastifyInstance) =>
  app.register(mcpOAuth, { publicUrl: 'https://shop.example', dataDir: join(folder, 'data'), authBackends: ['demo'] })

const requests: InjectOptions[] = [
  { url: '/' },
  { url: '/', method: 'HEAD' },
  { url: '/orders' },
  { url: '/orders', method: 'POST', payload: { item: 'tea', unknown: 1 } },
  { url: '/orders', method: 'POST', payload: { item: 7 } },
  { url: '/orders', method: 'POST', payload: {} },
  { url: '/orders', method: 'POST', payload: '{"item":', headers: { 'content-type': 'application/json' } },
  { url: '/orders', method: 'POST', payload: 'item=tea', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  { url: '/orders', method: 'DELETE' },
  { url: '/orders', method: 'OPTIONS', headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' } },
  { url: '/orders', headers: { origin: 'https://chatgpt.com', host: 'another.example' } },
  { url: '/public/hours.txt' },
  { url: '/public/nothing.txt' },
  { url: '/login' },
  { url: '/nowhere', headers: { accept: 'text/html' } },
  { url: '/mcpx' },
  { url: '/%zz' }
]

async function answersOf (app: FastifyInstance) {
  const answers: object[] = []
  orders.length = 1
  for (const request of requests) {
    const { statusCode, headers: { date: _, ...headers }, body } = await app.inject(request)
    answers.push({ request, statusCode, headers, body })
  }
  return answers
}

t.test('the routes, headers, errors and parsers of the application stay as they are', async (t) => {
  const before = withTable(buildShop)
  const after = withTable(buildShop)
  await before.app.ready()
  await withMcp(after.app)
  await after.app.ready()
  t.teardown(async () => { await Promise.all([before.app.close(), after.app.close()]) })

  const added = after.table.filter((route) => !before.table.includes(route))
  t.same(after.table.filter((route) => before.table.includes(route)), before.table)
  t.ok(added.length > 100)
  t.same(added.filter((route) => !/^[A-Z]+ (?:\/mcp(?:\/|$)|\/\.well-known\/(?:oauth|openid))/.test(route)), [])

  const expected = await answersOf(before.app)
  const answers = await answersOf(after.app)
  for (const [index, answer] of answers.entries()) t.same(answer, expected[index])
  for (const name of ['storage', 'signIn', 'paths', 'mail']) t.notOk(after.app.hasDecorator(name), name)
})

t.test('a preflight at the endpoint is answered by the server’s own CORS, and not by that of the application', async (t) => {
  const app = buildShop()
  await withMcp(app)
  t.teardown(() => app.close())
  const preflight = async (url: string, origin: string) =>
    (await app.inject({ url, method: 'OPTIONS', headers: { host: 'shop.example', origin, 'access-control-request-method': 'POST' } })).headers[
      'access-control-allow-origin'
    ]
  for (const url of ['/mcp', '/mcp/', '/mcp/token', '/.well-known/oauth-authorization-server']) {
    t.equal(await preflight(url, 'https://chatgpt.com'), 'https://chatgpt.com', url)
    t.equal(await preflight(url, 'https://another.example'), undefined, url)
  }
  t.equal(await preflight('/mcp/login', 'https://chatgpt.com'), undefined)
  t.equal(await preflight('/orders', 'https://chatgpt.com'), 'https://shop.example')
})

t.test('a client connects by the URL, signs in and calls a tool of the application, which ends by itself', async (t) => {
  const port = await freePort()
  const child = spawn(process.execPath, ['server.ts'], { cwd: folder, env: childEnvironment({ PORT: String(port) }), stdio: 'pipe' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text })
  const ended = once(child, 'exit')
  t.teardown(() => { child.kill('SIGKILL') })
  const origin = `http://localhost:${port}`
  t.ok(await until(async () => child.exitCode !== null || fetch(origin).then(({ ok }) => ok, () => false)))
  t.equal(child.exitCode, null, output)

  for (const dialect of v2Dialects) {
    const journey = await signInWith(`${origin}/mcp`, dialect, asDemo)
    t.equal(journey.redirect.searchParams.get('iss'), origin)
    const client = await journey.connect()
    t.same((await client.listTools()).tools.map(({ name }) => name), ['list_orders'], dialect.name)
    t.match(await client.callTool({ name: 'list_orders', arguments: {} }), { structuredContent: { orders: [{ item: 'bread' }] } })
    await client.close()
  }
  const page = await (await fetch(`${origin}/mcp`, { headers: { accept: 'text/html' } })).text()
  t.match(page, `${origin}/mcp`)
  t.match(page, 'List orders')
  t.equal(await (await fetch(origin)).text(), 'Welcome to the shop')

  child.kill('SIGTERM')
  t.same(await ended, [0, null])
  t.notMatch(output, /ERR_|Error/)
})

t.test('every link, form and redirect of the pages is below the base path, and so is what discovery names', async (t) => {
  const app = buildShop()
  const publicUrl = 'https://shop.example'
  await app.register(mcpOAuth, {
    publicUrl, mcpPath: '/api/mcp', basePath: '/auth', dataDir: join(folder, 'elsewhere'), authBackends: ['demo', 'local'], signup: 'open'
  })
  t.teardown(() => app.close())
  const get = async (url: string) => app.inject({ url, headers: { host: 'shop.example', accept: 'text/html' } })
  const metadata = (await get('/.well-known/oauth-authorization-server/api/mcp')).json()
  t.equal(metadata.issuer, publicUrl)
  const endpoints = Object.entries<string>(metadata).filter(([name]) => /_(?:endpoint|uri)$/.test(name))
  t.ok(endpoints.length >= 6)
  for (const [name, url] of endpoints) t.ok(url.startsWith(`${publicUrl}/auth/`), `${name} ${url}`)
  for (const url of ['/.well-known/oauth-protected-resource/api/mcp', '/.well-known/oauth-protected-resource']) {
    t.match((await get(url)).json(), { resource: `${publicUrl}/api/mcp`, authorization_servers: [publicUrl] })
  }
  t.match((await app.inject({ url: '/api/mcp', method: 'POST', headers: { host: 'shop.example' } })).headers['www-authenticate'],
    `resource_metadata="${publicUrl}/.well-known/oauth-protected-resource/api/mcp"`)

  const login = (await get('/auth/login')).headers['location'] as string
  const signup = (await get('/auth/signup')).headers['location'] as string
  for (const url of ['/api/mcp', login, signup, '/auth/password/forgot', '/auth/email/confirm?link=x']) {
    const { body } = await get(url)
    const links = [...body.matchAll(/ (?:href|action|src)="([^"]+)"/g)].map(([, link]) => link!)
    t.ok(links.length > 1, url)
    t.same(links.filter((link) => !/^(?:data:|cursor:|vscode:|(?:https:\/\/shop\.example)?\/(?:auth\/|api\/mcp$))/.test(link)), [], url)
  }
  t.equal((await get('/auth/account')).headers['location']!.toString().split('?')[0], '/auth/login')
  t.equal((await get('/.well-known/change-password')).statusCode, 404, 'the passwords of the origin are the application’s')
})
