// The keys of a trusted issuer: where they are looked for, and what of them is used (EM-03, EM-07).
import { exportJWK, generateKeyPair } from 'jose'
import t from 'tap'
import { createIssuerKeys } from '../../../../plugins/oauth/id-jag/issuer-keys.ts'
import { json, startHost, type Answer } from '../../../helpers/client-host.ts'

const { publicKey } = await generateKeyPair('ES256', { extractable: true })
const key = { ...(await exportJWK(publicKey)), kid: 'k' }
const UNAVAILABLE = { code: 'temporarily_unavailable', statusCode: 503 }

t.test('keys are found by either metadata, or at the address that the operator gave', async (t) => {
  const host = await startHost(t)
  const warnings: string[] = []
  const log = { warn: (message: string) => warnings.push(message) }
  const open = (path: string, more = {}) =>
    createIssuerKeys({ issuer: host.url(path), domains: [], ...more }, { now: () => 0, log })
  host.answers.set('/keys', json({ keys: [key, { kty: 'oct', k: 'c2VjcmV0' }, { kty: 'RSA', n: 'AQAB', e: 'AQAB' }] }))
  const metadata = (path: string, more = {}) => json({ issuer: host.url(path), jwks_uri: host.url('/keys'), ...more })

  host.answers.set('/tenant/.well-known/openid-configuration', metadata('/tenant'))
  t.match(await open('/tenant').find(false), [{ kid: 'k' }])
  t.equal((await open('/tenant').find(false)).length, 1, 'keys of other kinds and weak ones are left out')
  host.answers.set('/.well-known/oauth-authorization-server/team', metadata('/team'))
  t.match(await open('/team').find(false), [{ kid: 'k' }])
  host.asked.length = 0
  t.match(await open('/fixed', { jwks_uri: host.url('/keys') }).find(false), [{ kid: 'k' }])
  t.same(host.asked, ['/keys'])

  host.answers.set('/moved-here', metadata('/moved'))
  for (const [path, answer] of [
    ['/liar', metadata('/tenant')],
    ['/elsewhere', metadata('/elsewhere', { jwks_uri: 'http://keys.example/keys' })],
    ['/file', metadata('/file', { jwks_uri: 'file:///etc/passwd' })],
    ['/none', metadata('/none', { jwks_uri: undefined })],
    ['/garbage', json('not metadata')],
    ['/moved', (response) => response.writeHead(302, { location: host.url('/moved-here') }).end()]
  ] satisfies Array<[string, Answer]>) {
    host.answers.set(`${path}/.well-known/openid-configuration`, answer)
    await t.rejects(open(path).find(false), UNAVAILABLE, path)
  }
  t.equal(warnings.length, 6, 'the operator reads why')
  host.answers.set('/page', (response) => response.end('<html>'))
  const page = open('/paged', { jwks_uri: host.url('/page') })
  await t.rejects(page.find(false), UNAVAILABLE)
  t.match(warnings.at(-1), /paged: \/page is not JSON/)
  await t.rejects(open('/nothing').find(false), UNAVAILABLE)
})

t.test('callers who come together cause one look-up', async (t) => {
  const host = await startHost(t)
  host.answers.set('/keys', json({ keys: [key] }))
  const clock = { now: 0 }
  const keys = createIssuerKeys(
    { issuer: host.url(''), domains: [], jwks_uri: host.url('/keys') },
    { now: () => clock.now, log: { warn () {} } }
  )
  await Promise.all(Array.from({ length: 20 }, (_, index) => keys.find(index % 2 === 0)))
  t.equal(host.asked.length, 1)
  clock.now = 59
  await keys.find(true)
  t.equal(host.asked.length, 1)
  clock.now = 60
  await Promise.all([keys.find(true), keys.find(true), keys.find(false)])
  t.equal(host.asked.length, 2)
  clock.now = 119
  await keys.find(false)
  t.equal(host.asked.length, 2)
})
