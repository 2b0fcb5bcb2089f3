// Faults of a provider in words for the operator. That each real fault
// gets its words is in provider.test.ts; here is
// what a provider may send instead of them.
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { describeFault } from '../../../auth-backends/oidc/faults.ts'
import { env } from '../../../auth-backends/oidc/settings.ts'

const settings = env.parse({ OIDC_ISSUER: 'https://sso.example', OIDC_CLIENT_ID: 'x', OIDC_CLIENT_SECRET: 'secret' })
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const appleKey = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))
const fault = (code: string, cause: unknown, more = {}) =>
  describeFault(Object.assign(new Error('a secret'), { code, cause, ...more }), settings)

t.test('what a provider sends is repeated only where it is the address of an issuer', async (t) => {
  const code = 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED'
  t.match(fault(code, { attribute: 'issuer', body: { issuer: 'https://a.example/' } }), { says: /calls itself https:\/\/a\.example\/, / })
  for (const issuer of ['https://a.example/\nforged', 'javascript:x', `https://a.example/${'x'.repeat(400)}`, 7, undefined]) {
    t.match(fault(code, { attribute: 'issuer', body: { issuer } }), { says: /^calls itself something else, and OIDC_ISSUER is https:\/\/sso\.example$/ })
  }
  t.match(fault(code, { attribute: 'sub' }), { says: `gave an answer that is not valid (${code})` })
  t.match(fault('OAUTH_UNSUPPORTED_OPERATION', { cause: { alg: 'HS256\nforged' } }), { says: /is not valid/ })
  t.match(fault('OAUTH_RESPONSE_BODY_ERROR', undefined, { error: 'x\ny', status: 400 }), { says: 'answered HTTP 400 an error' })
})

t.test('a refused client reads how its secret was sent', async (t) => {
  const refusal = { error: 'invalid_client', status: 401 }
  const says = (more: Record<string, string>) =>
    describeFault(
      Object.assign(new Error(), { code: 'OAUTH_RESPONSE_BODY_ERROR', ...refusal }),
      env.parse({ OIDC_ISSUER: 'https://sso.example', OIDC_CLIENT_ID: 'x', ...more })
    ).says
  t.match(says({}), /no secret was sent, since OIDC_CLIENT_SECRET is not set/)
  t.match(says({ OIDC_CLIENT_SECRET: 's', OIDC_TOKEN_AUTH: 'client_secret_post' }), /sent by client_secret_post; .*set OIDC_TOKEN_AUTH/)
})

t.test('what a provider leaves out, and what only Apple has, is named with its remedy', async (t) => {
  const says = (code: string, more = {}) => fault(code, undefined, more)
  t.same(says('ERR_JOSE_GENERIC'), { reason: 'unreachable', says: 'did not send its keys' })
  t.same(says('ERR_NO_KEYS'), {
    reason: 'unreadable',
    says: 'publishes no keys (jwks_uri), so that nothing it signs can be checked'
  })
  const apple = env.parse({
    OIDC_ISSUER: 'https://appleid.apple.com',
    OIDC_CLIENT_ID: 'com.example.web',
    OIDC_ALLOWED_DOMAINS: '*',
    OIDC_APPLE_TEAM_ID: 'TEAM123456',
    OIDC_APPLE_KEY_ID: 'KEY1234567',
    OIDC_APPLE_KEY: appleKey
  })
  const refused = Object.assign(new Error(), {
    code: 'OAUTH_RESPONSE_BODY_ERROR', error: 'invalid_client', status: 400
  })
  const { says: remedy } = describeFault(refused, apple)
  t.match(remedy, /Services ID\), OIDC_APPLE_TEAM_ID, OIDC_APPLE_KEY_ID/)
  t.notMatch(remedy, /OIDC_CLIENT_SECRET/)
})

t.test('a fault of the network is told from an answer of the provider', async (t) => {
  const network = new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })
  t.same(describeFault(network, settings), {
    reason: 'unreachable', says: 'could not be reached (ECONNRESET)'
  })
  const coded = Object.assign(new TypeError('x'), { code: 'UND_ERR' })
  t.match(describeFault(coded, settings), { reason: 'unreachable' })
  const answer = Object.assign(new TypeError('x'), { code: 'ERR_X' })
  t.match(describeFault(answer, settings), { reason: 'unreadable' })
})
