// The keys of a client that signs: whatever is wrong with them is the client's fault (threat CL-04).
import { randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import t from 'tap'
import { ASSERTION_TYPE } from '../../../../plugins/oauth/clients/assertion.ts'
import { startServer } from '../../../helpers/server.ts'
import { CALLBACK, json, redeem, startHost, walk } from '../../../helpers/client-host.ts'

t.test(
  'whatever is wrong with keys and claims of a client is invalid_client, and no fault of the server (CL-04)',
  async (t) => {
    const host = await startHost(t)
    const lines: string[] = []
    const logTo = new Writable({
      write (chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      }
    })
    let now = Math.floor(Date.now() / 1000)
    const { url: server, app } = await startServer(t, {
      env: { CLIENT_METADATA_INSECURE_HOSTS: host.host, LOG_LEVEL: 'info' },
      logTo,
      now: () => now
    })
    const id = host.url('/c.json')
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
    const good = { ...(await exportJWK(publicKey)), alg: 'RS256' }
    const serve = (keys: unknown) =>
      host.answers.set(
        '/c.json',
        json({
          client_id: id,
          client_name: 'Signer',
          redirect_uris: [CALLBACK],
          token_endpoint_auth_method: 'private_key_jwt',
          jwks: keys
        })
      )
    serve({ keys: [good] })
    const { form } = await walk(server, id)
    const part = (value: unknown) =>
      Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
    const claims = (more: object = {}) => ({
      iss: id,
      sub: id,
      aud: server,
      exp: now + 60,
      iat: now,
      jti: randomUUID(),
      ...more
    })
    const refused = async (assertion: string, name: string) => {
      for (const path of ['/token', '/revoke', '/introspect']) {
        const answer = await fetch(server + path, {
          method: 'POST',
          body: new URLSearchParams({
            ...form,
            token: 'x',
            client_assertion_type: ASSERTION_TYPE,
            client_assertion: assertion
          })
        })
        t.match(
          { status: answer.status, body: await answer.json() },
          { status: 401, body: { error: 'invalid_client' } },
          `${path}: ${name.slice(0, 80)}`
        )
      }
    }
    const big = (bytes: number, byte = 0xc5) => Buffer.alloc(bytes, byte).toString('base64url')
    const keys: unknown[] = [
      { kty: 'RSA', n: 123, e: 'AQAB' },
      { kty: 'RSA', n: 'AQAB', e: 'AQAB' },
      { kty: 'RSA', n: big(64), e: 'AQAB' },
      { kty: 'RSA', n: big(256), e: big(200, 0xff) },
      { kty: 'RSA', n: big(2048), e: 'AQAB' },
      { kty: 'RSA', n: big(256), e: 'AQAB', d: 'AA' },
      { kty: 'RSA', n: big(256), e: 'AQAB', key_ops: ['sign'] },
      { kty: 'RSA', n: big(256), e: '' },
      { kty: 'RSA' },
      { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' },
      { kty: 'EC', crv: 'P-256', x: big(32), y: big(32) },
      { kty: 'EC', crv: 'P-256', x: big(32) },
      { kty: 'EC', crv: 'P-521', x: big(66), y: big(66) },
      { kty: 'OKP', crv: 'Ed25519', x: 'AA' },
      { kty: 'OKP', crv: 'Ed25519', x: big(32, 0xff) },
      { kty: 'OKP', crv: 'X25519', x: big(32) },
      { kty: 'oct', k: 'AAAA' },
      { kty: null },
      { kty: ['RSA'] },
      {},
      { __proto__: null, kid: 7 }
    ]
    for (const key of keys) {
      serve({ keys: [key] })
      now += 400
      for (const alg of ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']) { await refused(`${part({ alg })}.${part(claims())}.${big(64, 1)}`, JSON.stringify(key)) }
    }
    serve({ keys: [good] })
    now += 400
    const signed = (payload: object) =>
      new SignJWT(payload as never).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
    const odd = [
      { jti: 5 },
      { jti: null },
      { jti: '' },
      { jti: 'x'.repeat(600) },
      { jti: ['a'] },
      { exp: null },
      { exp: 'soon' },
      { exp: 1e300 },
      { exp: -1 },
      { sub: 5 },
      { sub: null },
      { sub: {} },
      { iss: ['x'] },
      { aud: 5 },
      { aud: {} },
      { aud: [] },
      { nbf: 'x' },
      { nbf: 9e15 },
      { iat: 'x' }
    ]
    for (const claim of odd) await refused(await signed(claims(claim)), JSON.stringify(claim))
    for (const sub of [123, null, {}, [], true, ['x'], '__proto__', '', 'x'.repeat(5_000)]) {
      const { client_id: _, ...anonymous } = form
      for (const path of ['/token', '/revoke', '/introspect']) {
        const answer = await fetch(server + path, {
          method: 'POST',
          body: new URLSearchParams({
            ...anonymous,
            token: 'x',
            client_assertion_type: ASSERTION_TYPE,
            client_assertion: `${part({ alg: 'RS256' })}.${part({ sub })}.AA`
          })
        })
        t.equal(answer.status, 401, `${path}: sub ${JSON.stringify(sub).slice(0, 30)}`)
      }
    }
    for (const text of [
      '',
      '.',
      '..',
      'a.b.c',
      `${part('null')}.${part('null')}.AA`,
      `${part('[]')}.${part('[]')}.AA`,
      `${part('{"alg":{}}')}.${part(claims())}.AA`,
      `${part('{"alg":"RS256","crit":["b64"],"b64":false}')}.${part(claims())}.AA`,
      `${part({ alg: 'RS256', kid: 'x'.repeat(9_000) })}.${part(claims())}.AA`
    ]) { await refused(text === '' ? ' ' : text, text) }
    t.same(await Array.fromAsync(app.storage.collection('usedAssertion').all()), [], 'nothing was spent')
    t.same(
      lines.filter((line) => /request failed/.test(line)),
      []
    )
    t.equal(
      (
        await redeem(server, {
          ...form,
          client_assertion_type: ASSERTION_TYPE,
          client_assertion: await signed(claims())
        })
      ).status,
      400,
      'the code has expired by now: the client itself is taken'
    )
  }
)

t.test(
  'keys that an address names are kept while it is away, and not read again for every name of a key (CL-04)',
  async (t) => {
    let now = Math.floor(Date.now() / 1000)
    const host = await startHost(t)
    const { url: server } = await startServer(t, { env: { CLIENT_METADATA_INSECURE_HOSTS: host.host }, now: () => now })
    const id = host.url('/c.json')
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
    host.answers.set(
      '/c.json',
      json(
        {
          client_id: id,
          client_name: 'Signer',
          redirect_uris: [CALLBACK],
          token_endpoint_auth_method: 'private_key_jwt',
          jwks_uri: host.url('/keys')
        },
        { 'cache-control': 'max-age=86400' }
      )
    )
    host.answers.set(
      '/keys',
      json({
        keys: [
          { kty: 'oct', k: 'AAAA' },
          { ...(await exportJWK(publicKey)), kid: 'one' }
        ]
      })
    )
    const assert = async (kid: string) => ({
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await new SignJWT({})
        .setProtectedHeader({ alg: 'ES256', kid })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(server)
        .setJti(randomUUID())
        .setExpirationTime(now + 60)
        .sign(privateKey)
    })
    const { form } = await walk(server, id)
    let tokens = (await (await redeem(server, { ...form, ...(await assert('one')) })).json()) as Record<string, string>
    t.type(tokens['access_token'], 'string')
    for (let index = 0; index < 10; index++) { t.equal((await redeem(server, { ...form, ...(await assert(`made up ${index}`)) })).status, 401) }
    const reads = () => host.asked.filter((path) => path === '/keys').length
    t.equal(reads(), 1)
    now += 29
    t.equal((await redeem(server, { ...form, ...(await assert('made up')) })).status, 401)
    t.equal(reads(), 1)
    now += 1
    t.equal((await redeem(server, { ...form, ...(await assert('made up')) })).status, 401)
    t.equal(reads(), 2, 'half a minute later a key may be new')
    host.answers.set('/keys', (response) => {
      response.writeHead(500).end()
    })
    for (let hour = 0; hour < 3; hour++) {
      now += 3_600
      tokens = (await (
        await redeem(server, {
          grant_type: 'refresh_token',
          client_id: id,
          refresh_token: tokens['refresh_token']!,
          ...(await assert('one'))
        })
      ).json()) as Record<string, string>
      t.type(tokens['access_token'], 'string', `${hour + 1} hours later`)
    }
  }
)
