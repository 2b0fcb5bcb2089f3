// mcp.json: what clients write is taken, every mistake is named by
// server, member and line, and no value of the environment
// is shown.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig, type ConfigError } from '../../../config/index.ts'
import { createUpstreamsReader } from '../../../config/mcp-json/index.ts'
import { reference } from '../../../config/mcp-json/references.ts'
import { mcpSchema } from '../../../config/mcp-json/schema.ts'
import type { UpstreamSettings } from '../../../config/upstreams.ts'

const folder = await mkdtemp(join(tmpdir(), 'mcp-upstreams-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const path = join(folder, 'mcp.json')

const SECRET = 'tell-nobody-5f2a'
const environment = { TOKEN: SECRET, EVIL: `", "deny": ["*"], "x": "${reference('TOKEN')}`, WITH_BREAK: `${SECRET}\r\nx-evil: 1`, NUL: 'a\0b' }

async function read (text: string | object, { signIn = true } = {}) {
  await writeFile(path, typeof text === 'string' ? text : JSON.stringify({ mcpServers: text }))
  const found = createUpstreamsReader(undefined, { environment, folder, signIn }).read()
  return 'problems' in found ? found.problems.map((line) => line.replace(path, 'FILE')) : found.upstreams
}

async function readOne (server: object): Promise<UpstreamSettings> {
  const [upstream] = await read({ crm: server })
  return upstream as UpstreamSettings
}

t.test('a server has every default, and what clients write besides means nothing here', async (t) => {
  t.same(await read({
    files: { type: 'stdio', command: 'npx', args: ['-y', 'server', '/srv'] },
    crm: { type: 'streamable-http', url: 'https://crm.example.com/mcp' },
    off: { disabled: true, command: reference('NOWHERE') }
  }), [
    {
      name: 'files',
      target: { kind: 'command', command: 'npx', args: ['-y', 'server', '/srv'], env: {}, cwd: folder, process: 'shared', idleSeconds: 300 },
      prefix: 'files_',
      allow: undefined,
      deny: [],
      annotations: [],
      scopes: [],
      identity: 'none',
      timeoutMs: 25_000,
      secrets: []
    },
    {
      name: 'crm',
      target: { kind: 'http', url: 'https://crm.example.com/mcp', headers: {} },
      prefix: 'crm_',
      allow: undefined,
      deny: [],
      annotations: [],
      scopes: [],
      identity: 'none',
      timeoutMs: 25_000,
      secrets: []
    }
  ])
  t.match(
    await read('{"$schema": "x.json", "servers": {"a": {"command": "x"}}, "mcpServers": {"b": {"command": "y"}}}'),
    [{ name: 'b' }, { name: 'a' }]
  )
  t.same(await read('{}'), [], 'nothing is there')
})

t.test('our own members are taken as they are written', async (t) => {
  t.match(await readOne({
    command: './server',
    cwd: '.',
    env: { MODE: 'all' },
    process: 'per-user',
    idleSeconds: 5,
    prefix: '',
    allow: ['read_*'],
    deny: ['read_all'],
    annotations: { 'read_*': { readOnlyHint: true }, '*': { title: 'X' } },
    scopes: { 'read_*': ['mcp:read'] },
    timeoutMs: 600_000
  }), {
    target: { command: './server', env: { MODE: 'all' }, process: 'per-user', idleSeconds: 5 },
    prefix: '',
    allow: ['read_*'],
    deny: ['read_all'],
    annotations: [['read_*', { readOnlyHint: true }], ['*', { title: 'X' }]],
    scopes: [['read_*', ['mcp:read']]],
    timeoutMs: 600_000
  })
  t.match(await readOne({ url: 'http://crm:8080/mcp', headers: { 'X-Key': 'k' }, identity: 'token' }), {
    target: { url: 'http://crm:8080/mcp', headers: { 'x-key': 'k' } },
    identity: 'token'
  })
})

t.test('a variable is replaced after the file was read, and changes nothing but its text (MJ-01)', async (t) => {
  const { target, secrets, deny } = await readOne({
    command: 'x',
    args: [reference('EVIL'), `--a=${reference('UNSET:-b')}`, reference('UNSET:-'), reference('EMPTY:-c')],
    env: { KEY: `Bearer ${reference('TOKEN')}`, LONG: 'pasted-secret', MODE: 'all' }
  })
  t.match(
    target,
    { args: [environment.EVIL, '--a=b', '', 'c'], env: { KEY: `Bearer ${SECRET}`, LONG: 'pasted-secret' } }
  )
  t.same(deny, [])
  t.same(
    secrets,
    [environment.EVIL, SECRET, `Bearer ${SECRET}`, 'pasted-secret'],
    'what only the upstream may see is known'
  )
  const http = await readOne({ url: 'https://x.example/mcp?key=123456789', headers: { authorization: 'Bearer abcdefgh' } })
  t.same(http.secrets, ['Bearer abcdefgh', 'abcdefgh', '123456789'])
  const encoded = await readOne({
    url: 'https://x.example/mcp?code=a%2Fbcdef%3D'
  })
  t.same(encoded.secrets, ['a/bcdef=', 'a%2Fbcdef%3D'])
  const command = await readOne({
    command: 'npx',
    args: [
      '-y', '@modelcontextprotocol/server-x', '/srv/files',
      'postgresql://app:pa55-word@db.example/crm',
      '--api-key', 'sk-12345678',
      '--access-token=tk-12345678',
      '--header', 'Authorization: Bearer ab-12345678'
    ]
  })
  t.same(command.secrets, [
    'pa55-word', 'sk-12345678', 'tk-12345678',
    'Bearer ab-12345678', 'ab-12345678'
  ], 'what is pasted into arguments is known (UH-44)')
})

t.test('variables of mcp.json are not unknown to a server that is strict about them', async (t) => {
  await read({ crm: { url: `https://x.example/${reference('PLACE:-x')}`, headers: { authorization: reference('CRM_TOKEN') } }, off: { disabled: true, command: reference('OFF') } })
  const env = { CRM_TOKEN: 'a', PLACE: 'b', OFF: 'c', OTHER: 'd' }
  const { problems } = await loadConfig(env, folder, [], { isStrict: true }).catch((error: ConfigError) => error) as ConfigError
  t.match(problems, [/^OTHER: nothing here reads it/])
  t.equal(problems.length, 1)
})

t.test('a mistake stops the start, and so does a file that UPSTREAMS names and that is not there', async (t) => {
  await read({ crm: {} })
  await t.rejects(
    loadConfig({}, folder, []),
    { message: /mcp\.json line 1: upstream "crm": write "command", or "url"/ }
  )
  await t.rejects(
    loadConfig({ UPSTREAMS: 'other.json' }, folder, []),
    { message: /UPSTREAMS: there is no file .*other\.json/ }
  )
  await t.rejects(loadConfig({ UPSTREAMS: '.' }, folder, []), { message: /UPSTREAMS: .* cannot be read/ })
  const config = await loadConfig({}, join(folder, 'nowhere'), [])
  t.same(config.upstreams, [], 'without a file there are none')
  t.equal(config.upstreamsFile, join(folder, 'nowhere/mcp.json'))
})

t.test('the schema that editors read is that of the file', async (t) => {
  const published = await readFile(new URL('../../../mcp.schema.json', import.meta.url), 'utf8')
  const again = 'node --print "JSON.stringify(require(\'./config/mcp-json/schema.ts\').mcpSchema(), null, 2)" > mcp.schema.json'
  t.equal(published, `${JSON.stringify(mcpSchema(), null, 2)}\n`, `write it again: ${again}`)
})

t.test('what is pasted counts as a secret from eight characters on, and what the environment gives always', async (t) => {
  for (const [value, secrets] of [['1234567', []],
    ['12345678', ['12345678']],
    ['123456789', ['123456789']]] as const) {
    t.same(
      (await readOne({ command: 'node', env: { TOKEN: value } })).secrets,
      secrets
    )
    t.same(
      (await readOne({ url: `https://x.example/?key=${value}` })).secrets,
      secrets
    )
    t.same(
      (await readOne({ url: 'https://x.example', headers: { 'x-key': value } })).secrets,
      secrets
    )
  }
})
