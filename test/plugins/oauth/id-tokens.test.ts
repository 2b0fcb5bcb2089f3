// Whom an ID token of ours is about, for the client it was made for alone (OpenID Connect Core §3.1.2.1).
import { decodeJwt } from 'jose'
import t from 'tap'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { another } from '../../helpers/another-instance.ts'
import { startServer } from '../../helpers/server.ts'
import { lastingUsers } from '../../helpers/users.ts'

t.test('a hint counts if this server signed it for this client, also when it has ended', async (t) => {
  const { url, app } = await startServer(t)
  const claims = { iss: url, aud: 'app', sub: 'ann', exp: 1 }
  const of = async (more: object, typ = 'JWT', client = 'app') =>
    app.openid.subjectOf(await app.openid.sign({ ...claims, ...more }, typ), client)
  t.equal(await of({}), 'ann')
  t.equal(await of({}, 'JWT', 'another'), undefined)
  t.equal(await of({ aud: 'another' }), undefined)
  t.equal(await of({ iss: 'https://other.example' }), undefined)
  t.equal(await of({}, 'at+jwt'), undefined)
  const [head, , signature] = (await app.openid.sign(claims, 'JWT')).split('.')
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: 'bob' })).toString('base64url')
  t.equal(await app.openid.subjectOf(`${head}.${forged}.${signature}`, 'app'), undefined)
  t.equal(await app.openid.subjectOf('no token', 'app'), undefined)
})

t.test('two instances that find a key of a former SECRET_KEY sign with the same new one (WB-42)', async (t) => {
  const [before, after] = ['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A', 'Qm4Zt8Wv1Xc5Br9Np2Lk7Jh3Gf6Ds0Ae']
  const first = await startServer(t, { env: { SECRET_KEY: before } })
  const [{ kid: former } = {}] = (await first.app.openid.keySet()).keys
  const env = { SECRET_KEY: after }
  const instances = [await another(t, first, { env }), await another(t, first, { env })]
  const kids = await Promise.all(instances.map(async ({ app }) => (await app.openid.keySet()).keys[0]!.kid))
  t.equal(new Set(kids).size, 1)
  t.not(kids[0], former)
})

t.test('an ID token says of a second factor only where one was shown', async (t) => {
  const { app } = await startServer(t)
  const { id } = await lastingUsers(app).signIn('demo', { subject: 'ann' })
  const saysOf = async (code: object) => {
    const grant = { clientId: 'app', user: { id }, code } as never
    const token = await app.openid.idToken(grant, ['openid'])
    return decodeJwt(token!)
  }
  t.match(await saysOf({ secondFactor: true }), { acr: String, amr: ['mfa'] })
  t.match(await saysOf({}), { acr: undefined, amr: undefined })
})

t.test('a key that could not be read is read at the next request', async (t) => {
  const { app } = await startServer(t)
  const { collection } = app.storage
  app.storage.collection = () => { throw new StorageUnavailable('away') }
  const failed = app.openid.keySet()
  app.storage.collection = collection
  await t.rejects(failed, { name: 'StorageUnavailable' })
  t.equal((await app.openid.keySet()).keys.length, 1)
})
