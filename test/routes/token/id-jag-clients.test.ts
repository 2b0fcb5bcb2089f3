// An app with a metadata document that an organization connects before anybody has opened a page for it: its document and
// keys are read for a valid assertion only (EM-04, CL-01).
import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import t, { type Test } from 'tap'
import { ASSERTION_TYPE } from '../../../plugins/oauth/clients/assertion.ts'
import { json, startHost } from '../../helpers/client-host.ts'
import { nothingGrows } from '../../helpers/nothing-grows.ts'
import { newClient, ping } from '../../helpers/oauth.ts'
import { present, startOrganization, type Signing } from '../../helpers/organization.ts'
import { startServer } from '../../helpers/server.ts'

async function start (t: Test) {
  const organization = await startOrganization(t)
  const host = await startHost(t)
  const server = await startServer(t, { env: { ...organization.env, CLIENT_METADATA_INSECURE_HOSTS: host.host } })
  const describe = (path: string, more: object = {}) => {
    const id = host.url(path)
    host.answers.set(path, json({ client_id: id, client_name: 'Studio', redirect_uris: ['https://studio.example/cb'], ...more }))
    return id
  }
  return {
    server,
    url: server.url,
    host,
    describe,
    organization,
    present: async (id: string, signing: Signing = {}, fields = {}) => {
      const assertion = await organization.sign(server.url, { ...signing, claims: { client_id: id, ...signing.claims } })
      return present(server.url, assertion, { client_id: id, client_secret: undefined, ...fields })
    }
  }
}

t.test('the document is read for a valid assertion, and for nothing else', async (t) => {
  const { server, url, host, describe, present } = await start(t)
  const id = describe('/studio.json')
  await nothingGrows(t, server, 'refusals', async () => {
    for (const signing of [
      { header: { typ: 'JWT' } },
      { claims: { aud: 'https://other.example' } },
      { claims: { client_id: 'assistant' } },
      { key: (await generateKeyPair('ES256')).privateKey }
    ]) t.match(await present(id, signing), { status: 401, body: { error: 'invalid_client' } })
  })
  t.same(host.asked, [], 'nothing was fetched')
  const { status, body } = await present(id)
  t.match({ status, body }, { status: 200, body: { scope: 'mcp:read mcp:write' } })
  t.same(host.asked, ['/studio.json'])
  t.equal(await ping(url, body['access_token'] as string), 200)
  t.equal((await present(id)).status, 200)
  t.same(host.asked, ['/studio.json'], 'it is known now')
})

t.test('an app that signs has to, and its own assertion counts once as well', async (t) => {
  const { url, host, describe, present } = await start(t)
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  host.answers.set('/jwks.json', json({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] }))
  const id = describe('/signer.json', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: host.url('/jwks.json') })
  t.match(await present(id), { status: 401, body: { error: 'invalid_client' } })
  const proof = {
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuer(id)
      .setSubject(id)
      .setAudience(url)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
  }
  t.equal((await present(id, {}, proof)).status, 200)
  t.match(await present(id, {}, proof), { status: 401, body: { error: 'invalid_client' } })
})

t.test('an app that registered itself cannot be connected by an organization (EM-04)', async (t) => {
  const { url, organization } = await start(t)
  for (const method of ['none', 'client_secret_post']) {
    const client = await newClient(url, { token_endpoint_auth_method: method })
    const assertion = await organization.sign(url, { claims: { client_id: client.client_id } })
    t.match(await present(url, assertion, { client_secret: undefined, ...client }), {
      status: 400,
      body: { error: 'unauthorized_client' }
    })
  }
})
