// What the variables mean: defaults that depend on each other.
import t from 'tap'
import {
  addressOf,
  lifetimes,
  networkSettings,
  operationsSettings,
  signInSettings,
  storageSettings
} from '../../config/settings.ts'
import { variables } from '../../config/variables.ts'

const read = (env: Record<string, string> = {}) => variables.parse(env)

t.test('the address is the given one, that of Fly, or this computer; only the last is local (WB-17)', async (t) => {
  for (const [env, publicUrl, local] of [
    [{}, 'http://localhost:8080', true],
    [{ PORT: '9000' }, 'http://localhost:9000', true],
    [{ FLY_APP_NAME: 'my-app' }, 'https://my-app.fly.dev', false],
    [{ FLY_APP_NAME: 'my-app', PUBLIC_URL: 'https://mcp.example.com' }, 'https://mcp.example.com', false],
    [{ PUBLIC_URL: 'http://127.0.0.1:8080' }, 'http://127.0.0.1:8080', true]
  ] as Array<[Record<string, string>, string, boolean]>) {
    t.same(addressOf(read(env)), { publicUrl, local }, JSON.stringify(env))
  }
})

t.test('sign-up is open on this computer only, and SIGNUP decides who needs an invitation elsewhere', async (t) => {
  t.match(signInSettings(read(), true), { signup: 'open', newcomersNeedInvitation: false, mail: undefined, allowedEmails: [] })
  t.match(signInSettings(read(), false), { signup: 'closed', newcomersNeedInvitation: false })
  for (const [SIGNUP, newcomersNeedInvitation] of [['open', false], ['invite', true], ['closed', true]] as const) {
    t.match(signInSettings(read({ SIGNUP }), true), { signup: SIGNUP, newcomersNeedInvitation })
  }
  t.same(signInSettings(read({ ALLOWED_EMAILS: 'Ann@Example.com,@Example.ORG' }), true).allowedEmails, ['ann@example.com', '@example.org'])
})

t.test('the visitor\'s address is read from a header only where one was set, or at Fly without a proxy of one\'s own', async (t) => {
  t.equal(networkSettings(read()).clientIpHeader, undefined)
  t.equal(networkSettings(read({ FLY_APP_NAME: 'my-app' })).clientIpHeader, 'fly-client-ip')
  t.equal(networkSettings(read({ FLY_APP_NAME: 'my-app', TRUST_PROXY: '10.0.0.1' })).clientIpHeader, undefined)
  t.equal(networkSettings(read({ FLY_APP_NAME: 'my-app', CLIENT_IP_HEADER: 'CF-Connecting-IP' })).clientIpHeader, 'cf-connecting-ip')
})

t.test('folders are relative to the project, secrets and traces are off until they are set', async (t) => {
  t.match(storageSettings(read({ DOCS_DIR: '/docs' }), '/srv'), { dataDir: '/srv/data', docsDir: '/docs', secretKeys: [] })
  t.match(operationsSettings(read()), { metricsToken: undefined, otlp: undefined })
  t.match(operationsSettings(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' })).otlp, {
    headers: {},
    serviceName: 'mcp-oauth-server'
  })
  t.same(lifetimes(read()), {
    accessTokenTtl: 3_600,
    refreshTokenTtl: 7_776_000,
    grantTtl: 31_622_400,
    authorizationCodeTtl: 60,
    refreshGrace: 30
  })
})
