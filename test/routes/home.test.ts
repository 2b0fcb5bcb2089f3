// GET /: a page for people, JSON for programs, and the endpoint's answer for an MCP client.
import t from 'tap'
import { paths } from '../../paths.ts'
import { startHttpUpstream } from '../fixtures/upstreams/http-server.ts'
import { startServer } from '../helpers/server.ts'
import { until } from '../helpers/until.ts'
import { mcpJson } from '../helpers/upstream-file.ts'
import { person, send } from '../helpers/visitors.ts'

const home = { method: 'GET', url: paths.home }

t.test('each kind of visitor gets their own, and caches are told so', async (t) => {
  const server = await startServer(t)
  const ask = (accept: string | undefined, cookie = '') =>
    send(server, home, { cookie, headers: { accept: accept as string } })

  const page = await ask('text/html,*/*;q=0.8')
  t.match(page, { statusCode: 200, headers: { vary: /Accept/, 'content-type': /^text\/html/, 'cache-control': 'no-store' } })
  t.match(page.body, server.config.publicUrl)
  t.match(page.body, 'href="/login"')
  t.notMatch(page.body, /name="token"/, 'a stranger has nothing to sign out of')

  const program = await ask('*/*')
  t.match(program, { statusCode: 200, headers: { vary: /Accept/, 'content-type': /^application\/json/, 'cache-control': 'no-store' } })
  t.match(JSON.parse(program.body), {
    status: 'ok',
    documents: 2,
    endpoints: {
      mcp: server.config.publicUrl,
      authorizationServer: `${server.config.publicUrl}/.well-known/oauth-authorization-server`,
      health: `${server.config.publicUrl}/health`
    }
  })
  t.equal((await ask('application/json')).body, program.body)

  const client = await ask('text/event-stream, text/html')
  t.match(client, { statusCode: 401, headers: { 'www-authenticate': /^Bearer .*resource_metadata=/ } })

  const { cookie } = await person(server)
  const own = await ask('text/html', cookie)
  t.match(own.body, /action="\/logout"[^]*name="token"/)
  t.notMatch(own.body, 'href="/login"')
})

t.test('a server without a sign-in names no authorization server', async (t) => {
  const server = await startServer(t, { env: { AUTH_BACKEND: 'none' } })
  const { body } = await send(server, home, { headers: { accept: 'application/json' } })
  t.same(Object.keys(JSON.parse(body).endpoints), ['mcp', 'health'])
  t.notMatch((await send(server, home)).body, /href="\/login"|action="\/logout"/)
})

t.test('many tools of existing servers are folded, by server and with their number', async (t) => {
  const tools = (count: number) => Array.from({ length: count }, (_, index) => ({
    name: `tool_${index}`,
    description: 'Long words. '.repeat(600),
    inputSchema: { type: 'object' as const },
    annotations: { readOnlyHint: true }
  }))
  const [crm, wiki] = [await startHttpUpstream(t, { tools: tools(100) }), await startHttpUpstream(t, { tools: tools(1) })]
  const UPSTREAMS = await mcpJson(t, { crm: { url: crm.url }, wiki: { url: wiki.url } })
  const server = await startServer(t, { env: { AUTH_BACKEND: 'none', UPSTREAMS } })
  t.ok(await until(() => server.app.upstreams.tools.length === 101))
  const { body } = await send(server, home, { headers: { accept: 'text/html' } })
  t.match(body, /<details class="server">\s*<summary><bdi>crm<\/bdi>: 100 tools/)
  t.match(body, /wiki<\/bdi>: 1 tool</)
  t.ok(
    body.indexOf('crm_tool_0') > body.indexOf('<details'),
    'not among the tools of this server'
  )
  t.ok(body.length < 100_000, 'descriptions are shortened')
})

t.test('of thousands of tools the first are shown, and the number of the others (BW-39)', async (t) => {
  const tools = Array.from({ length: 400 }, (_, index) => ({
    name: `tool_${index}`,
    inputSchema: { type: 'object' as const }
  }))
  const { url } = await startHttpUpstream(t, { tools })
  const names = ['one', 'two', 'three']
  const UPSTREAMS = await mcpJson(t, Object.fromEntries(names.map((name) => [name, { url }])))
  const server = await startServer(t, { env: { AUTH_BACKEND: 'none', UPSTREAMS } })
  t.ok(await until(() => server.app.upstreams.tools.length === 1_200))
  const { body } = await send(server, home, { headers: { accept: 'text/html' } })
  t.equal(body.match(/<li><h3>/g)?.length, 500)
  for (const name of names) t.match(body, `${name}</bdi>: 400 tools`)
  t.match(body, '<li>and 300 more</li>')
  t.match(body, '<li>and 400 more</li>')
})
