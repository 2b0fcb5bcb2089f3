// POST /register: what a client gets, and that nothing it names is fetched (threats RG; RFC 7591).
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { authorizeUrl, CALLBACK, newClient, pkce, register } from '../helpers/oauth.ts'
import { Browser } from '../helpers/browser.ts'
import { storageTest } from '../helpers/storages.ts'

storageTest('what is given (RG-11, RG-13, R10, R11)', async (t, start) => {
  const server = await start()
  const { url } = server
  const flagged = await register(url, {
    redirect_uris: [CALLBACK],
    client_id: 'mine',
    client_secret: 'mine',
    skip_consent: true,
    first_party: true,
    is_admin: true
  })
  t.equal(flagged.status, 201)
  t.notMatch(JSON.stringify(flagged.body), /mine|skip_consent|first_party|is_admin/, 'RG-11')
  const again = await register(url, { redirect_uris: [CALLBACK] })
  t.notOk('client_secret' in again.body, 'no secret for none (RG-13)')
  t.not(again.body['client_id'], flagged.body['client_id'], 'different ids (RG-13)')
  t.equal(
    (await Array.fromAsync(server.app.storage.collection('client').all())).length,
    1,
    'that share one record, since they said the same'
  )
  const secrets = await Promise.all(
    [1, 2].map(() =>
      register(url, {
        redirect_uris: ['http://127.0.0.1/cb', CALLBACK],
        token_endpoint_auth_method: 'client_secret_basic'
      })
    )
  )
  for (const secret of secrets) {
    t.match(
      secret,
      {
        status: 201,
        body: {
          client_secret: /^[\w-]{43,}$/,
          client_secret_expires_at: 0,
          client_id_issued_at: Number,
          application_type: 'web'
        }
      },
      'RG-13'
    )
    t.equal(secret.headers.get('cache-control'), 'no-store')
  }
  t.not(secrets[0]!.body['client_secret'], secrets[1]!.body['client_secret'])
  for (const more of [
    { application_type: 'native' },
    { application_type: 'web' },
    { redirect_uris: ['http://localhost:1/cb', CALLBACK] }
  ]) { t.equal((await register(url, { redirect_uris: [CALLBACK], ...more })).status, 201, `R11: ${JSON.stringify(more)}`) }

  const made = (again.body['client_id'] as string).replace(/\..*$/, '')
  const page = await new Browser().get(authorizeUrl(url, { client_id: made, code_challenge: pkce().challenge }))
  t.equal(page.status, 401, 'the name of a record is no client')
})

storageTest('nothing a stranger names is fetched (RG-15, AZ-27)', async (t, start) => {
  let asked = 0
  const canary = createServer((_request, response) => {
    asked++
    response.end('{}')
  })
  await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    canary.closeAllConnections()
    canary.close()
  })
  const here = `http://127.0.0.1:${(canary.address() as AddressInfo).port}`
  const { url } = await start()
  const metadata = Object.fromEntries(
    ['jwks_uri', 'logo_uri', 'client_uri', 'sector_identifier_uri', 'tos_uri', 'policy_uri', 'initiate_login_uri'].map(
      (name) => [name, `${here}/${name}`]
    )
  )
  const client = await newClient(url, metadata)
  const browser = new Browser()
  const login = await browser.get(
    `${authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge })}`
  )
  await browser.submit(login, ({ fields }) => fields['backend'] === 'demo')
  for (const name of ['request_uri', 'registration', 'claims']) {
    await new Browser().get(
      `${authorizeUrl(url, { client_id: client.client_id, code_challenge: pkce().challenge, [name]: `${here}/${name}` })}`
    )
  }
  t.equal(asked, 0)
})

storageTest('all networks of a site have the places of one address (OW-09)', async (t, start) => {
  const { url, app } = await start({ env: { TRUST_PROXY: '127.0.0.1' } })
  const registerFrom = (address: string, name: string) =>
    fetch(`${url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({ client_name: name, redirect_uris: [CALLBACK] })
    })
  for (let index = 0; index < 12; index++) await registerFrom(`2001:db8:7:${index.toString(16)}::1`, `app ${index}`)
  t.equal((await Array.fromAsync(app.storage.collection('unusedClients').all())).length, 1)
})
