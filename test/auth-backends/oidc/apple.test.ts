// Apple's secret that is signed for each request, its key as people
// paste it, and the name that comes beside the token.
import { generateKeyPairSync } from 'node:crypto'
import { jwtVerify } from 'jose'
import t from 'tap'
import type { SignedIn } from '../../../auth-backends/contract.ts'
import { makeAppleSecret, nameFromApple, readAppleKey } from '../../../auth-backends/oidc/apple.ts'
import { at } from './at.ts'

const APPLE = 'https://appleid.apple.com'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = String(privateKey.export({ format: 'pem', type: 'pkcs8' }))

t.test('the key is read as the file has it, in one line, with written line ends, or without its frame', async (t) => {
  const body = pem.split('\n').slice(1, -2)
  for (const text of [pem, ` ${pem}`, pem.replaceAll('\n', '\\n'), pem.replaceAll('\n', ' '), body.join(''), pem.replaceAll('\n', '\r\n')]) {
    t.ok(readAppleKey(text)?.equals(privateKey), JSON.stringify(text.slice(0, 60)))
  }
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'pem', type: 'pkcs8' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs8' })
  const open = String(publicKey.export({ format: 'pem', type: 'spki' }))
  for (const text of ['', 'AuthKey_ABC123DEFG.p8', pem.slice(0, 80), String(other), String(rsa), open]) t.equal(readAppleKey(text), undefined)
})

t.test('a secret names the team, the key and the client, and ends in minutes', async (t) => {
  const secret = await makeAppleSecret('com.example.mcp', { team: 'TEAM123456', keyId: 'KEY1234567', key: privateKey })
  const { payload, protectedHeader } = await jwtVerify(secret, publicKey, { audience: 'https://appleid.apple.com' })
  t.match(protectedHeader, { alg: 'ES256', kid: 'KEY1234567' })
  t.match(payload, { iss: 'TEAM123456', sub: 'com.example.mcp' })
  t.equal(payload.exp! - payload.iat!, 300)
})

t.test('the name beside the token is read, and nothing that is not one (PV-04)', async (t) => {
  const of = (user: unknown) => nameFromApple(new URLSearchParams({ user: typeof user === 'string' ? user : JSON.stringify(user) }))
  t.equal(
    of({ name: { firstName: 'Ann', lastName: 'Smith' }, email: 'boss@example.com' }),
    'Ann Smith'
  )
  t.equal(of({ name: { firstName: 'Ann' } }), 'Ann')
  for (const user of ['', '{', 'null', '[]', {}, { name: 'Ann' }, { name: {} }, { name: { firstName: 1 } }, { name: { firstName: 'x'.repeat(2_000) } }]) {
    t.equal(of(user), undefined, JSON.stringify(user).slice(0, 40))
  }
  t.equal(nameFromApple(new URLSearchParams()), undefined)
})

t.test('Apple: each request has a secret of its own, the address is a text that says yes, the name comes once', async (t) => {
  const apple = {
    OIDC_APPLE_TEAM_ID: 'TEAM123456',
    OIDC_APPLE_KEY_ID: 'KEY1234567',
    OIDC_APPLE_KEY: pem
  }
  const { signIn, standIn, begun } = await at(t, APPLE, apple, {
    token_endpoint_auth_methods_supported: ['client_secret_post']
  })
  const relay = 'x7y8z9@privaterelay.appleid.com'
  const ann = {
    sub: '000.abc',
    email: relay,
    email_verified: 'true',
    is_private_email: 'true'
  }
  const name = { firstName: 'Ann', lastName: 'Smith' }
  const user = JSON.stringify({ name, email: 'boss@example.com' })
  t.match(await signIn(ann, { user }), {
    subject: `${APPLE} 000.abc`,
    email: relay,
    emailVerified: true,
    name: 'Ann Smith'
  })
  t.match(Object.fromEntries(begun().searchParams), {
    response_mode: 'form_post',
    scope: 'openid email name'
  })
  const later = (await signIn({
    ...ann,
    email_verified: true,
    auth_time: Math.floor(Date.now() / 1000)
  })) as SignedIn
  t.match(later, {
    email: relay,
    emailVerified: true,
    authenticationAgeSeconds: Number
  })
  t.equal(later.name, undefined)
  for (const form of standIn.forms) {
    const secret = form.get('client_secret')!
    const { payload } = await jwtVerify(secret, publicKey, {
      audience: APPLE,
      issuer: 'TEAM123456'
    })
    t.equal(payload.sub, 'our-client')
  }
  t.equal(standIn.forms.length, 2)
})

t.test('Apple: what comes beside the token names nobody else, and no address (PV-04)', async (t) => {
  const { signIn } = await at(t, APPLE)
  const user = (firstName: string) => ({
    user: JSON.stringify({
      name: { firstName },
      email: 'boss@example.com',
      sub: 'boss'
    })
  })
  const nameOf = async (given: string, claims: object = {}) => {
    const answer = await signIn({ sub: '1', ...claims }, user(given))
    t.match(answer, { subject: `${APPLE} 1` })
    t.equal((answer as SignedIn).email, undefined)
    return (answer as SignedIn).name
  }
  t.equal(await nameOf('Boss'), 'Boss')
  t.equal(await nameOf('\u202eBoss'), undefined, 'hidden characters')
  t.equal(await nameOf('Boss', { name: 'Ann' }), 'Ann')
  const elsewhere = await at(t, 'https://sso.example.com')
  const answer = await elsewhere.signIn({ sub: '1' }, user('Boss'))
  t.equal((answer as SignedIn).name, undefined, 'only Apple has it')
})

t.test('a person who turns back at Apple is told so', async (t) => {
  const { signIn } = await at(t, APPLE)
  const error = 'user_cancelled_authorize'
  t.match(await signIn({}, { error }), { refused: { key: 'providers.turnedBack' } })
})
