// Where the plugin cannot be registered: one sentence that says what to change, and nothing of it stays open.
// It tests fastify/taken-routes.ts as well.
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { McpOAuthOptions } from '../../fastify/index.ts'
import { createPlugin } from '../../fastify/plugin.ts'

/** A busy build machine is no fault of what is tested. */
const mcpOAuth = createPlugin({ maxEventLoopDelayMs: Infinity })
const dataDir = await mkdtemp(join(tmpdir(), 'mcp-refusals-'))
t.teardown(() => rm(dataDir, { recursive: true, force: true }))
const options: McpOAuthOptions = { publicUrl: 'https://shop.example', dataDir, authBackends: ['demo'] }

function application (t: Test): FastifyInstance {
  const app = fastify()
  t.teardown(() => app.close())
  return app
}
const answer = async () => 'mine'
const refusal = async (app: FastifyInstance, more: McpOAuthOptions = {}): Promise<string> =>
  app.register(mcpOAuth, { ...options, ...more }).then(() => 'registered', ({ message }: Error) => message)

t.test('a path that the application has taken is named, with its methods and what to do', async (t) => {
  const discovery = application(t)
  discovery.get('/.well-known/oauth-authorization-server', answer)
  discovery.get('/.well-known/openid-configuration', answer)
  t.equal(await refusal(discovery), [
    'mcp-oauth-server cannot be registered: this application has routes of its own at',
    ...['oauth-authorization-server', 'openid-configuration'].map((name) =>
      `  - GET, HEAD /.well-known/${name}: clients find the sign-in by this document, which has to be there (RFC 8414, RFC 9728). Remove yours, or give the server an origin of its own`)
  ].join('\n'))

  const endpoint = application(t)
  endpoint.post('/mcp', answer)
  t.match(await refusal(endpoint), /\n {2}- POST \/mcp: set mcpPath to another path$/)
  const page = application(t)
  page.get('/mcp/login', answer)
  t.match(await refusal(page), /\n {2}- GET, HEAD \/mcp\/login: set basePath, or mcpPath, to another path$/)
})

t.test('routes that only look alike are no obstacle', async (t) => {
  const app = application(t)
  for (const url of ['/', '/*', '/:page', '/mcp-server', '/.well-known/security.txt']) app.get(url, answer)
  t.equal(await refusal(app), 'registered')
  t.equal((await app.inject('/anything')).body, 'mine')
  t.equal((await app.inject({ url: '/mcp/health', headers: { host: 'shop.example' } })).json().status, 'ok')
})

t.test('an application that ignores slashes at the end has each URL once', async (t) => {
  const app = fastify({ routerOptions: { ignoreTrailingSlash: true } })
  t.teardown(() => app.close())
  t.equal(await refusal(app), 'registered')
  for (const url of ['/mcp', '/mcp/']) t.equal((await app.inject({ url, method: 'POST', headers: { host: 'shop.example' } })).statusCode, 401, url)
})

t.test('a second registration is refused, in a scope as well', async (t) => {
  const sentence = { message: /^mcp-oauth-server is registered already: one application has one/ }
  const twice = application(t)
  twice.register(mcpOAuth, options)
  twice.register(mcpOAuth, { ...options, mcpPath: '/other' })
  await t.rejects(async () => twice.ready(), sentence)
  const scoped = application(t)
  scoped.register(async (scope) => { scope.register(mcpOAuth, options) })
  scoped.register(mcpOAuth, options)
  await t.rejects(async () => scoped.ready(), sentence)
  t.equal(await refusal(application(t)), 'registered', 'another application')
})

t.test('a prefix is refused, its own and that of a scope', async (t) => {
  const sentence = /cannot have the prefix \/api: its discovery documents must be at the root.*set mcpPath and basePath/
  t.match(await refusal(application(t), { prefix: '/api' }), sentence)
  const app = application(t)
  app.register(async (scope) => { scope.register(mcpOAuth, options) }, { prefix: '/api' })
  await t.rejects(async () => app.ready(), { message: sentence })
})

/** Files below the folder that this process has open. */
async function opened (folder: string): Promise<string[]> {
  const all = await readdir('/proc/self/fd')
  const files = await Promise.all(all.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return files.filter((file) => file.startsWith(folder))
}

t.test('where it is refused once its parts are open, they are closed again', { skip: process.platform !== 'linux' }, async (t) => {
  const own = join(dataDir, 'refused')
  const app = application(t)
  app.post('/mcp', answer)
  t.match(await refusal(app, { dataDir: own }), /routes of its own/)
  t.ok((await readdir(own)).includes('oauth.db'))
  t.same(await opened(own), [])
})

t.test('wrong options are one message, and nothing is opened', async (t) => {
  const unused = join(dataDir, 'unused')
  const message = await refusal(application(t), { publicUrl: 'https://shop.example/x', dataDir: unused, bodyLimit: 1, port: 80 })
  t.equal(message.split('\n').length, 5)
  t.match(message, /publicUrl: .*\n(?:.*\n)*.*bodyLimit: /)
  t.notOk((await readdir(dataDir)).includes('unused'))
})
