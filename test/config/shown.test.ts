// Which variables owners may see: a closed list, and addresses without what may be secret in them.
import t from 'tap'
import { loadConfig } from '../../config/index.ts'
import { shownSettings } from '../../config/shown.ts'
import { variables } from '../../config/variables.ts'

const settingsOf = async (env: Record<string, string>) =>
  new Map((await loadConfig(env)).settings.map((setting) => [setting.name, setting]))

t.test('every variable is there, with its value or its default, and whether it was set', async (t) => {
  const settings = await settingsOf({ PORT: '9000', SERVER_NAME: 'Acme' })
  for (const name of Object.keys(variables.shape)) t.ok(settings.has(name), name)
  t.match(settings.get('PORT'), { value: '9000', isSet: true })
  t.match(settings.get('PUBLIC_URL'), { value: 'http://localhost:9000', isSet: false })
  t.match(settings.get('MFA'), { value: 'optional', isSet: false })
  t.match(settings.get('RATE_LIMITS'), { value: 'on', isSet: false })
  t.match(settings.get('SMTP_URL'), { value: '', isSet: false })
})

t.test('no secret is shown, wherever it stands: in a variable, an address, its path or its query (AS-01)', async (t) => {
  const secret = 'hunter2-not-to-be-seen-0123456789'
  const env = {
    SECRET_KEY: `${secret}-${secret}`,
    REDIS_URL: `redis://user:${secret}@redis.internal:6379/0`,
    DATABASE_URL: `postgres://user:${secret}@db.internal/${secret}?password=${secret}`,
    SMTP_URL: `smtp://user:${secret}@mail.internal:587`,
    MAIL_FROM: 'mcp@example.com',
    METRICS_TOKEN: secret,
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://otel.internal/${secret}`,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secret}`,
    CLIENTS: JSON.stringify([{ client_id: 'nightly', client_secret: secret, grant_types: ['client_credentials'], scope: 'mcp:read' }])
  }
  const settings = await settingsOf(env)
  t.notMatch(JSON.stringify([...settings.values()]), secret)
  for (const name of ['SECRET_KEY', 'METRICS_TOKEN', 'CLIENTS', 'OTEL_EXPORTER_OTLP_HEADERS']) {
    t.match(settings.get(name), { value: undefined, isSet: true }, name)
  }
  t.equal(settings.get('REDIS_URL')!.value, 'redis://redis.internal:6379')
  t.equal(settings.get('SMTP_URL')!.value, 'smtp://mail.internal:587')
  t.equal(settings.get('OTEL_EXPORTER_OTLP_ENDPOINT')!.value, 'https://otel.internal')
})

t.test('variables of backends are named, and never shown', async (t) => {
  const settings = await settingsOf({
    AUTH_BACKEND: 'oidc',
    OIDC_ISSUER: 'https://id.example.com',
    OIDC_CLIENT_ID: 'mcp',
    OIDC_CLIENT_SECRET: 'hunter2',
    SOMETHING_ELSE: 'x'
  })
  t.match(settings.get('OIDC_CLIENT_SECRET'), { value: undefined, isSet: true })
  t.notOk(settings.has('SOMETHING_ELSE'), 'what nothing here reads is none of its variables')
})

t.test('an address that cannot be read is not shown, and a long value is cut', async (t) => {
  const secret = 'hunter2'
  const shownOf = (name: string, value: string) => {
    const [setting] = shownSettings({ [name]: value }, {}, [name], [])
    return setting!.value
  }
  for (const value of [
    `//user:${secret}@host`,
    `redis://user:${secret},word@host`,
    secret
  ]) {
    t.equal(shownOf('REDIS_URL', value), undefined, value)
  }
  const long = shownOf('SERVER_NAME', 'x'.repeat(5_000))!
  t.ok(long.endsWith('x…') && long.length < 1_000)
})
