// Whom an ID token of ours is about, for the client it was made for alone (OpenID Connect Core §3.1.2.1).
import t from 'tap'
import { startServer } from '../../helpers/server.ts'

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
