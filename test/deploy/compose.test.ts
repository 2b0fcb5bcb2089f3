// The compose files, held to the Compose Specification and to what the
// README promises of them, without an engine.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import { parse as parseYaml } from 'yaml'
import { loadConfig } from '../../config/index.ts'
import { interpolate } from './interpolate.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const read = (file: string) => readFile(join(ROOT, file), 'utf8')

interface Service {
  image?: string
  build?: string
  command?: string[]
  environment: Record<string, string>
  ports?: string[]
  volumes: Array<string | { type: string; source: string; target: string; read_only?: boolean; bind?: object }>
  healthcheck?: Record<string, unknown>
  logging?: { driver: string; options: Record<string, string> }
  profiles?: string[]
  read_only?: boolean
  cap_drop?: string[]
  cap_add?: string[]
  security_opt?: string[]
  restart?: string
  depends_on?: object
  user?: string
  networks?: string[]
}
const composeText = await read('docker-compose.yml')
const { services, volumes } = parseYaml(composeText, { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, null>
}

t.test('the compose files are of the Compose Specification', async (t) => {
  // The specification's own schema, as the compose linter carries it. Its `$schema` spells the draft in a way ajv does
  // not know.
  const { $schema: _, ...schema } = JSON.parse(await read('node_modules/dclint/schemas/compose.schema.json')) as Record<
    string,
    unknown
  >
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema)
  for (const text of [composeText, await read('template/docker-compose.yml')]) {
    t.ok(validate(parseYaml(text, { merge: true })), JSON.stringify(validate.errors))
  }
  t.notOk(
    validate(parseYaml(composeText.replace('healthcheck:', 'helthcheck:'), { merge: true })),
    'and a misspelt key would be noticed'
  )
})

t.test(
  'docker-compose.yml: every service may write nowhere but its volumes, and is reached from this machine or through Caddy only',
  async (t) => {
    t.same(Object.keys(services).sort(), ['app', 'app-two', 'caddy', 'postgres', 'redis'])
    for (const [name, service] of Object.entries(services)) {
      t.equal(service.read_only, true, `${name} is read-only`)
      t.same(service.cap_drop, ['ALL'], name)
      t.same(service.security_opt, ['no-new-privileges:true'], name)
      t.equal(service.restart, 'unless-stopped', name)
      const open = (service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'))
      t.same(open, name === 'caddy' ? ['80:80', '443:443'] : [], `${name}: ports open to the network`)
      for (const volume of service.volumes) {
        if (typeof volume === 'object') {
          t.match(volume, { type: 'bind', read_only: true, bind: { create_host_path: false } }, `${name}: ${volume.source}`)
          continue
        }
        const [source] = volume.split(':')
        t.ok(source!.startsWith('./') ? volume.endsWith(':ro') : source! in volumes, `${name}: ${volume}`)
      }
    }
    t.same(
      Object.entries(services)
        .filter(([, { profiles }]) => !profiles)
        .map(([name]) => name)
        .sort(),
      ['app', 'redis'],
      'without a profile'
    )
  }
)

t.test('compose files: no log fills the disk, documents come from DOCS_DIR, and nothing asks for Docker 25', async (t) => {
  for (const file of ['docker-compose.yml', 'template/docker-compose.yml']) {
    const { services } = parseYaml(await read(file), { merge: true }) as { services: Record<string, Service> }
    for (const [name, { logging, healthcheck }] of Object.entries(services)) {
      t.match(logging, { driver: 'json-file', options: { 'max-size': /^\d+m$/, 'max-file': /^\d$/ } }, `${file}: ${name}`)
      t.notOk('start_interval' in (healthcheck ?? {}), `${file}: ${name}`)
    }
    for (const [name, { volumes, environment }] of Object.entries(services).filter(([name]) => name.startsWith('app'))) {
      const [documents] = volumes.filter((volume) => typeof volume === 'object')
      t.equal(interpolate(documents!.source, {}), './docs', `${file}: ${name}`)
      t.equal(interpolate(documents!.source, { DOCS_DIR: '/srv/handbook' }), '/srv/handbook')
      t.equal(documents!.target, environment['DOCS_DIR'], 'the server looks where they are mounted, whatever .env says')
    }
  }
})

t.test('docker-compose.yml: Redis forgets nothing, and the server takes its environment', async (t) => {
  const command = services['redis']!.command!.join(' ')
  for (const option of ['--appendonly yes', '--appendfsync always', '--maxmemory-policy noeviction']) {
    t.match(command, option)
  }
  for (const name of ['app', 'app-two']) {
    const environment = Object.fromEntries(
      Object.entries(services[name]!.environment).map(([key, value]) => [
        key,
        interpolate(value, { SECRET_KEY: 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A' })
      ])
    )
    const config = await loadConfig({ ...environment, NODE_ENV: 'production', PUBLIC_URL: 'https://mcp.example.com' })
    t.equal(config.redisUrl, 'redis://redis:6379', name)
    t.same(config.trustProxy, ['uniquelocal'])
  }
  t.throws(
    () => interpolate(services['app']!.environment['SECRET_KEY']!, {}),
    /write one into \.env/,
    'without a secret key compose stops'
  )
})

t.test('only the server reaches Redis and Postgres, and they reach nothing', async (t) => {
  for (const file of ['docker-compose.yml', 'template/docker-compose.yml']) {
    const { services, networks } = parseYaml(await read(file), { merge: true }) as {
      services: Record<string, Service>
      networks: Record<string, object>
    }
    t.same(networks, { storage: { internal: true } })
    for (const [name, { networks: joined = ['default'] }] of Object.entries(services)) {
      const expected = name.startsWith('app') ? ['default', 'storage'] : name === 'caddy' ? ['default'] : ['storage']
      t.same(joined, expected, `${file}: ${name}`)
    }
  }
})
