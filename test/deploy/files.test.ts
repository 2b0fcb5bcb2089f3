// The files of deployment, held to what their formats allow, where no container engine and no cloud is at hand:
// Dockerfile, fly.toml, Caddyfile, systemd unit.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse as parseToml } from 'smol-toml'
import t from 'tap'
import { z } from 'zod'
import { loadConfig } from '../../config/index.ts'
import { paths } from '../../paths.ts'
import { haveProgram } from '../helpers/programs.ts'
import { readDockerfile } from './dockerfile.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const read = (file: string) => readFile(join(ROOT, file), 'utf8')

const duration = z.string().regex(/^\d+(?:ms|s|m)$/)
/** The members that Fly's reference of fly.toml names, as far as this server needs them; anything else is refused. */
const flyToml = z.strictObject({
  app: z.string(),
  primary_region: z.string().regex(/^[a-z]{3}$/),
  kill_signal: z.enum(['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL', 'SIGSTOP']),
  kill_timeout: duration,
  build: z.strictObject({}),
  deploy: z.strictObject({
    strategy: z.enum(['rolling', 'immediate', 'canary', 'bluegreen']),
    max_unavailable: z.number()
  }),
  env: z.record(z.string().regex(/^(?!FLY_)/), z.string()),
  http_service: z.strictObject({
    internal_port: z.int(),
    force_https: z.boolean(),
    auto_stop_machines: z.enum(['off', 'stop', 'suspend']),
    auto_start_machines: z.boolean(),
    min_machines_running: z.int(),
    concurrency: z.strictObject({
      type: z.enum(['connections', 'requests']),
      soft_limit: z.int(),
      hard_limit: z.int()
    }),
    checks: z.array(
      z.strictObject({
        method: z.string(),
        path: z.string(),
        interval: duration,
        timeout: duration,
        grace_period: duration
      })
    )
  }),
  mounts: z.strictObject({
    source: z.string(),
    destination: z.string(),
    initial_size: z.string().regex(/^\d+gb$/),
    snapshot_retention: z.int().min(1).max(60)
  }),
  vm: z.array(z.strictObject({ size: z.string(), memory: z.string().regex(/^\d+(?:mb|gb)$/) }))
})

t.test('fly.toml holds documented fields only, and they fit the image', async (t) => {
  const fly = flyToml.parse(parseToml(await read('fly.toml')))
  const { image } = await readDockerfile(ROOT)
  t.equal(String(fly.http_service.internal_port), image.env['PORT'])
  t.equal(fly.mounts.destination, image.env['DATA_DIR'])
  t.same(image.volumes, [fly.mounts.destination])
  t.same(
    fly.http_service.checks.map(({ path }) => path),
    [paths.ready]
  )
  t.equal(
    fly.http_service.auto_start_machines,
    fly.http_service.auto_stop_machines !== 'off',
    'what is put to sleep is woken'
  )
  t.ok(['rolling', 'immediate'].includes(fly.deploy.strategy), 'a volume allows no other strategy')
  t.ok(parseInt(fly.vm[0]!.memory) <= 2048, 'Fly suspends machines of up to 2 GB')
  t.equal(parseInt(fly.kill_timeout), 15, 'longer than the ten seconds of server.ts')
  await loadConfig({ ...image.env, ...fly.env, FLY_APP_NAME: fly.app })
})

t.test('Dockerfile: no fault of syntax or practice', async (t) => {
  const { text, image, problems, stages } = await readDockerfile(ROOT)
  t.same(problems, [])
  t.same(
    stages.map(({ from }) => from),
    ['node:24-slim', 'node:24-slim']
  )
  t.match(text, /^RUN npm ci --omit=dev\b/m)
  const { devDependencies } = JSON.parse(await read('package.json')) as { devDependencies: Record<string, string> }
  t.match(text, `typescript@${devDependencies['typescript']}\n`, 'the compiler is the one of development')
  t.notMatch(text.replaceAll(/^#.*$/gm, ''), /--platform|x64|amd64|arm64/, 'nothing is of one architecture alone')
  t.equal(image.user, 'node')
  const bin = 'node_modules/@mcp-oauth-server/server/bin/mcp-oauth-server.js'
  const { scripts } = JSON.parse(await read('package.json')) as { scripts: { start: string } }
  const [memory] = /--max-semi-space-size=\d+/.exec(scripts.start)!
  t.same(image.command, ['node', memory, bin, 'start'], 'no shell and no npm in between, with the memory of `npm start`')
  t.equal(image.stopSignal, 'SIGTERM')
  t.match(image.healthCheck.join(' '), paths.ready)
  t.equal(image.env['NODE_ENV'], 'production')
})

t.test('.dockerignore is a list of what goes in', async (t) => {
  const [first, ...rest] = (await read('.dockerignore'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  t.equal(first, '*')
  t.same(
    rest.filter((line) => !/^![\w.*-]+$/.test(line)),
    []
  )
})

const caddy = haveProgram('caddy')
t.test('deploy/Caddyfile is one that Caddy takes', { skip: caddy.missing }, async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'mcp-caddy-'))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const validate = (publicUrl: string) =>
    spawnSync('caddy', ['validate', '--adapter', 'caddyfile', '--config', join(ROOT, 'deploy/Caddyfile')], {
      env: { ...process.env, PUBLIC_URL: publicUrl, HOME: home },
      encoding: 'utf8'
    })
  const { status, stderr } = validate('https://mcp.example.com')
  t.equal(status, 0, stderr)
})

const systemd = haveProgram('systemd-analyze', 'systemd')
t.test('deploy/mcp-oauth-server.service is one that systemd takes', { skip: systemd.missing }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-unit-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const unit = (await read('deploy/mcp-oauth-server.service')).replace('/usr/bin/node', process.execPath)
  await writeFile(join(folder, 'mcp-oauth-server.service'), unit)
  const { status, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', '--man=no', join(folder, 'mcp-oauth-server.service')],
    { encoding: 'utf8' }
  )
  t.equal(status, 0, stderr)
  t.notMatch(stderr, /mcp-oauth-server\.service:\d+/, 'and without a warning')
})

const shellcheck = haveProgram('shellcheck')
t.test('shell scripts pass shellcheck', { skip: shellcheck.missing }, async (t) => {
  t.doesNotThrow(() => execFileSync('shellcheck', [join(ROOT, 'deploy.sh'), join(ROOT, '.ci/run')]))
})
