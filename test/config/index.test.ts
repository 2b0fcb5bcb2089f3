// The environment: defaults that follow the public URL, and the .env file (threat WB-17).
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadConfig, readEnvironment } from '../../config/index.ts'

async function folder (t: Test) {
  const path = await mkdtemp(join(tmpdir(), 'mcp-config-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}
const ids = async (env: Record<string, string>) => (await loadConfig(env)).backends.map(({ id }) => id)

t.test('an empty environment gives the defaults', async (t) => {
  const config = await loadConfig({ PORT: '', REDIS_URL: ' ' }, '/srv')
  t.match(
    config,
    {
      port: 8080,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:8080',
      local: true,
      signIn: true,
      dataDir: '/srv/data',
      docsDir: '/srv/docs',
      redisUrl: undefined,
      secretKeys: [],
      signup: 'open',
      allowedEmails: [],
      trustProxy: [],
      corsOrigins: ['https://chatgpt.com', 'https://chat.openai.com'],
      accessTokenTtl: 3600,
      refreshTokenTtl: 7_776_000,
      authorizationCodeTtl: 60,
      refreshGrace: 30,
      rateLimits: { 'sign-in': 10, 'calls-per-user': 600 },
      logLevel: 'info'
    },
    'an empty value counts as unset'
  )
  t.ok(Object.isFrozen(config))
  t.same(await ids({}), ['demo', 'local'])
})

t.test('with a public URL, sign-up is closed and the demo sign-in is off (WB-17)', async (t) => {
  const open = { PUBLIC_URL: 'https://mcp.example.com/' }
  t.match(await loadConfig(open), { publicUrl: 'https://mcp.example.com', local: false, signup: 'closed' })
  t.same(await ids(open), ['local'])
  t.same(await ids({ NODE_ENV: 'production' }), ['local'])
  t.same(await ids({ ...open, AUTH_BACKEND: 'demo, local' }), ['demo', 'local'], 'named explicitly, demo is on')
  t.equal((await loadConfig({ FLY_APP_NAME: 'my-app' })).publicUrl, 'https://my-app.fly.dev')
  t.match(await loadConfig({ AUTH_BACKEND: 'none' }), { signIn: false, backends: [] })
})

t.test('.env is read, and the environment wins over it', async (t) => {
  const path = await folder(t)
  t.equal(readEnvironment(path)['MCP_TEST_ONLY'], undefined)
  await writeFile(join(path, '.env'), 'MCP_TEST_ONLY=file\nPATH=file\n')
  const env = readEnvironment(path)
  t.equal(env['MCP_TEST_ONLY'], 'file')
  t.not(env['PATH'], 'file')
})

t.test('a .env that cannot be read is no .env that is not there', async (t) => {
  const path = await folder(t)
  await mkdir(join(path, '.env'))
  t.throws(() => readEnvironment(path), { code: 'EISDIR' })
})

t.test('.env as editors and shells of Windows write it has the same variables; what is no text is refused (AD-30)', async (t) => {
  const path = await folder(t)
  const lines = '\uFEFFMCP_TEST_ONLY=@x.example\r\nMCP_TEST_OTHER=invite\r\n'
  const read = async (bytes: Buffer | string) => {
    await writeFile(join(path, '.env'), bytes)
    const env = readEnvironment(path)
    return [env['MCP_TEST_ONLY'], env['MCP_TEST_OTHER']]
  }
  for (const bytes of [lines, Buffer.from(lines, 'utf16le'), Buffer.from(lines, 'utf16le').swap16()]) {
    t.same(await read(bytes), ['@x.example', 'invite'])
  }
  await t.rejects(read(Buffer.from(lines.slice(1), 'utf16le')), { name: 'ConfigError', message: /\.env: is not written in UTF-8; save it in UTF-8/ })
})
