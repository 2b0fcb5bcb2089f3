// Every recipe for a public server says who may come in and whose
// address counts: what it sets is what the server reads.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse as parseToml } from 'smol-toml'
import t from 'tap'
import { parse as parseYaml } from 'yaml'
import { loadConfig } from '../../config/index.ts'
import { interpolate } from './interpolate.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const read = (file: string) => readFile(join(ROOT, file), 'utf8')

type Variables = Record<string, string>

async function ofCompose (file: string, service: string): Promise<Variables> {
  const { services } = parseYaml(await read(file), { merge: true }) as { services: Record<string, { environment: Variables }> }
  const { environment } = services[service]!
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, interpolate(value, { SECRET_KEY: 'x'.repeat(44) })]))
}

const ofFly = async (file: string): Promise<Variables> => ({
  ...(parseToml(await read(file)) as { env: Variables }).env,
  FLY_APP_NAME: 'my-app'
})

/** From the section of docs/deploying.md with this heading. */
async function ofGuide (heading: string): Promise<Variables> {
  const section = (await read('docs/deploying.md')).split(/^## /m).find((text) => text.startsWith(`${heading}\n`))!
  const found = [
    ...section.matchAll(/^ {3}\| `([A-Z_]+)` \| `([^`]+)`/gm),
    ...section.matchAll(/- key: ([A-Z_]+)\n\s+value: (\S+)/g),
    ...section.matchAll(/^echo "([A-Z_]+)=([^"]+)"/gm),
    ...section.matchAll(/ -e ([A-Z_]+)=(\S+)/g)
  ]
  return Object.fromEntries(found.map(([, name, value]) => [name, value]))
}

const RECIPES: Array<[name: string, variables: Promise<Variables>]> = [
  ['docker-compose.yml', ofCompose('docker-compose.yml', 'app')],
  ['docker-compose.yml with the profile two', ofCompose('docker-compose.yml', 'app-two')],
  ['docker-compose.yml of init', ofCompose('template/docker-compose.yml', 'app')],
  ['fly.toml', ofFly('fly.toml')],
  ['fly.toml of init', ofFly('template/fly.toml')],
  ['one container', ofGuide('One container')],
  ['Railway', ofGuide('Railway')],
  ['Render', ofGuide('Render')],
  ['systemd', ofGuide('systemd')]
]

for (const [name, variables] of RECIPES) {
  t.test(`${name}: lets in people with a link only, and knows the addresses of visitors behind its proxy`, async (t) => {
    const set = await variables
    t.equal(set['SIGNUP'], 'closed')
    const { signup, trustProxy, clientIpHeader } = await loadConfig({
      SIGNUP: set['SIGNUP']!,
      ...Object.fromEntries(['TRUST_PROXY', 'CLIENT_IP_HEADER', 'FLY_APP_NAME'].flatMap((key) => (set[key] === undefined ? [] : [[key, set[key]]]))),
      NODE_ENV: 'production',
      PUBLIC_URL: 'https://mcp.example.com'
    })
    t.equal(signup, 'closed')
    t.ok(trustProxy.length > 0 || clientIpHeader !== undefined)
  })
}

t.test('the settings of a new project name both', async (t) => {
  t.match(await read('template/env'), /^# SIGNUP=closed$[^]*^# TRUST_PROXY=/m)
})
