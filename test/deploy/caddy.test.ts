// The compose profiles `tls` and `two`, without containers: the shipped Caddyfile in a real Caddy, with a certificate
// of its own, in front of two instances on one Redis. A sign-in over https, and a restart of each behind it.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { freePort } from '../helpers/ports.ts'
import { startProcess } from '../helpers/processes.ts'
import { haveProgram } from '../helpers/programs.ts'
import { until } from '../helpers/redis-cluster.ts'
import { canHaveRedis, noRedis, startRedis } from '../helpers/redis.ts'

const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
const { missing } = haveProgram('caddy')
const skip = missing || (canHaveRedis() ? false : noRedis)

t.test('two instances behind the shipped Caddyfile', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-caddy-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const redis = (await startRedis())!
  t.teardown(() => redis.stop())
  const [port, httpPort] = [await freePort(), await freePort()]
  const publicUrl = `https://localhost:${port}`
  const env = {
    REDIS_URL: redis.url,
    SECRET_KEY,
    PUBLIC_URL: publicUrl,
    AUTH_BACKEND: 'demo',
    TRUST_PROXY: 'loopback',
    SHUTDOWN_DELAY: '3',
    RATE_LIMITS: 'on',
    LOG_LEVEL: 'info'
  }
  const servers = [await startProcess(t, env), await startProcess(t, env)] as const

  // As it is shipped, but for the names of the containers, and without
  // touching the certificates this machine trusts.
  const shipped = await readFile(new URL('../../deploy/Caddyfile', import.meta.url), 'utf8')
  const caddyfile = shipped
    .replace('app:8080 app-two:8080', servers.map(({ port }) => `127.0.0.1:${port}`).join(' '))
    .replace('admin off', `admin off\n\tskip_install_trust\n\thttp_port ${httpPort}`)
  await writeFile(join(folder, 'Caddyfile'), caddyfile)
  const caddy = spawn('caddy', ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
      PUBLIC_URL: publicUrl
    },
    stdio: 'ignore'
  })
  t.teardown(() => {
    caddy.kill('SIGKILL')
  })
  const root = join(folder, 'caddy/pki/authorities/local/root.crt')
  await until(async () => (await readFile(root, 'utf8')).length > 0)
  const ca = await readFile(root, 'utf8')

  const ask = (
    path: string,
    { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {}
  ) =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const sent = request(`${publicUrl}${path}`, { method, headers, ca, agent: false }, (response) => {
        text(response).then(
          (text) => resolve({ status: response.statusCode!, headers: response.headers, text }),
          reject
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })
  await until(async () => (await ask('/health/ready')).status === 200)

  t.test('https is what every address says, and the visitor behind the proxy is known', async (t) => {
    const metadata = JSON.parse((await ask('/.well-known/oauth-authorization-server')).text) as Record<string, string>
    t.match(metadata, { issuer: publicUrl, token_endpoint: `${publicUrl}/token` })
    const refused = await ask('/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    t.equal(refused.status, 401)
    t.match(
      refused.headers['www-authenticate'],
      `resource_metadata="${publicUrl}/.well-known/oauth-protected-resource"`
    )
    t.match((await ask('/', { headers: { accept: 'text/html' } })).text, publicUrl, 'the page with the URL to paste')
    const registered = await ask('/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' },
      body: '{"redirect_uris":["https://app.example/callback"]}'
    })
    t.equal(registered.status, 201)
    const events = () =>
      servers.flatMap((server) =>
        server
          .output()
          .split('\n')
          .filter((line) => line.includes('"registration"'))
          .map((line) => (JSON.parse(line) as { audit: { address: string } }).audit.address)
      )
    await until(async () => events().length > 0)
    t.same(events(), ['127.0.0.1'], 'what a visitor claims of its address is not believed: Caddy says who it was')
  })

  t.test('both take requests, and one that restarts is missed by nobody', async (t) => {
    const answered = (server: (typeof servers)[number]) =>
      server
        .output()
        .split('\n')
        .filter((line) => line.includes('404')).length
    for (let count = 0; count < 10; count++) t.equal((await ask('/nowhere')).status, 404)
    for (const server of servers) await until(async () => answered(server) > 2)
    for (const server of servers) {
      const restarted = server.end('SIGTERM').then((code) => server.start().then(() => code))
      const statuses = new Set<number>()
      while (await Promise.race([restarted.then(() => false), sleep(5, true)])) { statuses.add((await ask('/.well-known/oauth-protected-resource')).status) }
      t.equal(await restarted, 0)
      t.same([...statuses], [200])
      await until(async () => (await ask('/health/ready')).status === 200)
    }
  })
})
