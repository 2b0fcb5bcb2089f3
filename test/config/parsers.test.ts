// Each invalid variable is named in the message, with what to write instead (threats WB-18, WB-22).
import t from 'tap'
import { loadConfig, type ConfigError } from '../../config/index.ts'

const KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'
const cases: Array<[env: Record<string, string>, message: RegExp]> = [
  [{ PORT: '80x' }, /PORT: write a whole number/],
  [{ PORT: '70000' }, /PORT: .*65535/],
  [{ PUBLIC_URL: 'http://mcp.example.com' }, /PUBLIC_URL: must be https.*https:\/\/mcp\.example\.com/],
  [{ PUBLIC_URL: 'https://mcp.example.com/mcp' }, /PUBLIC_URL: .*without a path: https:\/\/mcp\.example\.com/],
  [{ PUBLIC_URL: 'https://ann:word@mcp.example.com' }, /PUBLIC_URL: must not contain a user name or password/],
  [{ PUBLIC_URL: 'https://ann@mcp.example.com' }, /PUBLIC_URL: must not contain a user name/],
  [{ PUBLIC_URL: 'mcp.example.com' }, /PUBLIC_URL: /],
  [{ AUTH_BACKEND: 'ldap' }, /AUTH_BACKEND: .*"ldap".*demo, github, local, oidc, supabase/],
  [{ AUTH_BACKEND: 'none,local' }, /AUTH_BACKEND: none .*only entry/],
  [{ AUTH_BACKEND: './nowhere.ts' }, /AUTH_BACKEND: \.\/nowhere\.ts could not be loaded/],
  [{ AUTH_BACKEND: 'supabase' }, /SUPABASE_URL: /],
  [{ REDIS_URL: 'localhost:6379' }, /REDIS_URL: write redis:/],
  [{ REDIS_URL: 'redis://app:p#ss@w/rd@127.0.0.1:6379' }, /REDIS_URL: .*write # as %23, @ as %40/],
  [{ REDIS_URL: 'redis://one:6379,two:6379' }, /REDIS_URL: .*several members of a Cluster/],
  [{ REDIS_URL: 'redis://localhost' }, /SECRET_KEY: required with REDIS_URL.*openssl/],
  [{ SECRET_KEY: 'short' }, /SECRET_KEY: write at least 32/],
  [{ SECRET_KEY: 'a'.repeat(40) }, /SECRET_KEY: /],
  [{ SECRET_KEY: `${KEY},x` }, /SECRET_KEY: /],
  [{ SIGNUP: 'yes' }, /SIGNUP: write open, invite or closed/],
  // As of `$ONE,$OTHER` where neither is set: everybody could sign in, or nobody would have to.
  ...['AUTH_BACKEND', 'ALLOWED_EMAILS', 'CLIENT_METADATA_HOSTS', 'BUILTIN_TOOLS', 'TRUST_PROXY', 'OWNER_EMAIL'].flatMap((name) =>
    [',', ' , ,'].map((value): [Record<string, string>, RegExp] => [
      { [name]: value },
      new RegExp(`${name}: there is nothing between the commas; write at least one value, or leave the variable out`)
    ])
  ),
  [{ ALLOWED_EMAILS: 'ann' }, /ALLOWED_EMAILS: /],
  [{ CORS_ORIGINS: '*' }, /CORS_ORIGINS: .*\*/],
  ...['https://a.example/path', 'null', 'file://', 'javascript://x', 'app://', 'chrome-extension://*', 'tauri://localhost/x'].map(
    (origin): [Record<string, string>, RegExp] => [{ CORS_ORIGINS: origin }, /CORS_ORIGINS: .*is not an origin/]
  ),
  [{ ALLOWED_REDIRECT_URIS: 'https://app.example/cb' }, /ALLOWED_REDIRECT_URIS: write exact redirect URIs/],
  [{ ALLOWED_REDIRECT_URIS: 'javascript:' }, /ALLOWED_REDIRECT_URIS: /],
  [{ ALLOWED_REDIRECT_URIS: 'warp' }, /ALLOWED_REDIRECT_URIS: /],
  [{ ALLOWED_REDIRECT_URIS: 'warp://*' }, /ALLOWED_REDIRECT_URIS: /],
  [{ TRUST_PROXY: 'true' }, /TRUST_PROXY: .*never true/],
  [{ TRUST_PROXY: '*' }, /TRUST_PROXY: /],
  ...['0.0.0.0/0', '::/0', '10.0.0.0/00', '10.0.0.0/33', '2001:db8::/129', '10.0.0.0/8/8', '10.0.0.0/'].map(
    (network): [Record<string, string>, RegExp] => [{ TRUST_PROXY: `127.0.0.1,${network}` }, /TRUST_PROXY: .*never true/]
  ),
  [{ CLIENT_METADATA_INSECURE_HOSTS: 'app.example' }, /CLIENT_METADATA_INSECURE_HOSTS: /],
  [{ CLIENTS: 'my-app' }, /CLIENTS: write a JSON list/],
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
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=%zz' }, /OTEL_EXPORTER_OTLP_HEADERS: /],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=%ff' }, /OTEL_EXPORTER_OTLP_HEADERS: write name=value/],
  [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=%0Ax' }, /OTEL_EXPORTER_OTLP_HEADERS: write name=value/],
  ...['OTEL_EXPORTER_OTLP_ENDPOINT', 'EMBEDDINGS_BASE_URL', 'DOCS_BASE_URL'].map(
    (name): [Record<string, string>, RegExp] => [{ [name]: 'https://ann:pw@x.example' }, new RegExp(`${name}: must not contain a user name`)]
  )
]

t.test('an invalid variable is named, with what to write instead (WB-18, WB-22, AD-29, AD-31, SG-39)', async (t) => {
  for (const [env, message] of cases) {
    await t.rejects(loadConfig(env), { name: 'ConfigError', message }, JSON.stringify(env))
  }
})

t.test('one message lists everything that is wrong, and shows no value (WB-18)', async (t) => {
  const everything = Object.assign({}, ...cases.map(([env]) => env), {
    AUTH_BACKEND: 'ldap,supabase',
    REDIS_URL: 'x',
    SECRET_KEY: 'not-for-the-log'
  }) as Record<string, string>
  const error = await loadConfig(everything).then(() => undefined, (error: ConfigError) => error)
  for (const name of Object.keys(everything)) t.match(error?.message, `${name}:`, `${name} is in the message`)
  t.notMatch(error?.message, 'not-for-the-log')
})
