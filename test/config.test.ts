// The environment: one message that lists everything wrong and what to write instead, and defaults that follow the
// public URL (threats WB-17, WB-18, WB-22).
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError, loadConfig, readEnvironment } from '../config/index.ts'

const KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'

async function folder (t: Test) {
  const path = await mkdtemp(join(tmpdir(), 'mcp-config-'))
  t.teardown(() => rm(path, { recursive: true, force: true }))
  return path
}
const ids = async (env: Record<string, string>) => (await loadConfig(env)).backends.map(({ id }) => id)

t.test('defaults', async (t) => {
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

t.test('WB-17: what is public is closed', async (t) => {
  const open = { PUBLIC_URL: 'https://mcp.example.com/' }
  t.match(await loadConfig(open), { publicUrl: 'https://mcp.example.com', local: false, signup: 'closed' })
  t.same(await ids(open), ['local'])
  t.same(await ids({ NODE_ENV: 'production' }), ['local'])
  t.same(await ids({ ...open, AUTH_BACKEND: 'demo, local' }), ['demo', 'local'], 'named explicitly, demo is on')
  t.equal((await loadConfig({ FLY_APP_NAME: 'my-app' })).publicUrl, 'https://my-app.fly.dev')
  t.match(await loadConfig({ AUTH_BACKEND: 'none' }), { signIn: false, backends: [] })
})

t.test('WB-18, WB-22: each faulty variable is named, with what to write', async (t) => {
  const cases: Array<[Record<string, string>, RegExp]> = [
    [{ PORT: '80x' }, /PORT: write a whole number/],
    [{ PORT: '70000' }, /PORT: .*65535/],
    [{ PUBLIC_URL: 'http://mcp.example.com' }, /PUBLIC_URL: must be https.*https:\/\/mcp\.example\.com/],
    [{ PUBLIC_URL: 'https://mcp.example.com/mcp' }, /PUBLIC_URL: .*without a path: https:\/\/mcp\.example\.com/],
    [{ PUBLIC_URL: 'mcp.example.com' }, /PUBLIC_URL: /],
    [{ AUTH_BACKEND: 'ldap' }, /AUTH_BACKEND: .*"ldap".*demo, local, oidc, supabase/],
    [{ AUTH_BACKEND: 'none,local' }, /AUTH_BACKEND: none .*alone/],
    [{ AUTH_BACKEND: './nowhere.ts' }, /AUTH_BACKEND: \.\/nowhere\.ts could not be loaded/],
    [{ AUTH_BACKEND: 'supabase' }, /SUPABASE_URL: /],
    [{ REDIS_URL: 'localhost:6379' }, /REDIS_URL: write redis:/],
    [{ REDIS_URL: 'redis://one:6379,two:6379' }, /REDIS_URL: .*several members of a Cluster/],
    [{ REDIS_URL: 'redis://localhost' }, /SECRET_KEY: required with REDIS_URL.*openssl/],
    [{ SECRET_KEY: 'short' }, /SECRET_KEY: write at least 32/],
    [{ SECRET_KEY: 'a'.repeat(40) }, /SECRET_KEY: /],
    [{ SECRET_KEY: `${KEY},x` }, /SECRET_KEY: /],
    [{ SIGNUP: 'yes' }, /SIGNUP: write open, invite or closed/],
    [{ ALLOWED_EMAILS: 'ann' }, /ALLOWED_EMAILS: /],
    [{ CORS_ORIGINS: '*' }, /CORS_ORIGINS: .*\*/],
    [{ CORS_ORIGINS: 'https://a.example/path' }, /CORS_ORIGINS: /],
    [{ TRUST_PROXY: 'true' }, /TRUST_PROXY: .*never true/],
    [{ TRUST_PROXY: '*' }, /TRUST_PROXY: /],
    [{ CLIENT_METADATA_INSECURE_HOSTS: 'app.example' }, /CLIENT_METADATA_INSECURE_HOSTS: /],
    [{ CLIENTS: 'my-app' }, /CLIENTS: write a JSON list/],
    [{ CLIENTS: '[{"client_id":"a","redirect_uris":[]}]' }, /CLIENTS: write a JSON list/],
    [{ DOCS_BASE_URL: 'docs' }, /DOCS_BASE_URL: /],
    [{ AUTHORIZATION_CODE_TTL: '601' }, /AUTHORIZATION_CODE_TTL: .*600/],
    [{ RATE_LIMITS: 'none' }, /RATE_LIMITS: write on, off, or the limits/],
    [{ RATE_LIMITS: 'sign-in=0' }, /RATE_LIMITS: .*sign-up/],
    [{ RATE_LIMITS: 'sign-inn=5' }, /RATE_LIMITS: /],
    [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL: /],
    [{ SHUTDOWN_DELAY: '1h' }, /SHUTDOWN_DELAY: write a whole number/],
    [{ METRICS_TOKEN: 'secret' }, /METRICS_TOKEN: write at least 16 random characters/],
    [{ METRICS_TOKEN: 'aaaaaaaaaaaaaaaaaaaa' }, /METRICS_TOKEN: /],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318' }, /OTEL_EXPORTER_OTLP_ENDPOINT: /],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'authorization' }, /OTEL_EXPORTER_OTLP_HEADERS: write name=value/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=%zz' }, /OTEL_EXPORTER_OTLP_HEADERS: /]
  ]
  for (const [env, message] of cases) { await t.rejects(loadConfig(env), { name: 'ConfigError', message }, JSON.stringify(env)) }
  const everything = Object.assign({}, ...cases.map(([env]) => env), {
    AUTH_BACKEND: 'ldap,supabase',
    REDIS_URL: 'x',
    SECRET_KEY: 'not-for-the-log'
  }) as Record<string, string>
  const error = (await loadConfig(everything).catch((error: unknown) => error as ConfigError)) as ConfigError
  for (const name of Object.keys(everything)) t.match(error.message, `${name}:`, `${name} is in the one message`)
  t.notMatch(error.message, 'not-for-the-log')
})

t.test("a backend of one's own", async (t) => {
  const path = await folder(t)
  await writeFile(
    join(path, 'mine.ts'),
    `import { z } from '${import.meta.resolve('zod')}'\nexport default { env: z.object({ MY_SERVICE: z.string('write the address of the service') }), open: ({ MY_SERVICE }) => ({ title: MY_SERVICE }) }\n`
  )
  await writeFile(join(path, 'wrong.ts'), 'export default {}\n')
  await t.rejects(loadConfig({ AUTH_BACKEND: './mine.ts' }, path), {
    message: /MY_SERVICE: write the address of the service \(AUTH_BACKEND \.\/mine\.ts needs it\)/
  })
  await t.rejects(loadConfig({ AUTH_BACKEND: './wrong.ts' }, path), {
    message: /default export of \.\/wrong\.ts is not a backend/
  })
  const { backends } = await loadConfig({ AUTH_BACKEND: './mine.ts', MY_SERVICE: 'ours' }, path)
  t.match(await backends[0]!.open({} as never), { title: 'ours' })
})

t.test('.env is read, and the environment comes before it', async (t) => {
  const path = await folder(t)
  t.equal(readEnvironment(path)['MCP_TEST_ONLY'], undefined)
  await writeFile(join(path, '.env'), 'MCP_TEST_ONLY=file\nPATH=file\n')
  const env = readEnvironment(path)
  t.equal(env['MCP_TEST_ONLY'], 'file')
  t.not(env['PATH'], 'file')
})
