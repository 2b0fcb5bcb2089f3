// Enterprise-managed authorization with the official client: an organization's identity provider connects the app, and
// nobody sees a page.
import { Client, CrossAppAccessProvider, discoverAndRequestJwtAuthGrant, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import t from 'tap'
import { startProvider } from '../helpers/openid-provider.ts'
import { startServer } from '../helpers/server.ts'
import { exchangeTokens } from '../helpers/token-exchange.ts'

const SECRET = 'a secret of the assistant'

t.test('an app of the organization is connected without a page, for what the administrator allows, an hour at a time', async (t) => {
  let now = Math.floor(Date.now() / 1000)
  const provider = await startProvider({ callbackUrls: ['https://assistant.example/callback'] })
  t.teardown(() => provider.stop())
  const app = { atProvider: 'assistant at the provider', atServer: 'assistant', scope: 'mcp:read' }
  exchangeTokens(provider, app, () => now)
  const { url, app: server } = await startServer(t, {
    now: () => now,
    env: {
      MCP_PATH: '/mcp',
      SIGNUP: 'closed',
      ID_JAG_ISSUERS: JSON.stringify([{ issuer: provider.issuer, domains: ['example.com'] }]),
      CLIENTS: JSON.stringify([
        { client_id: app.atServer, client_secret: SECRET, client_name: 'Assistant', redirect_uris: ['https://assistant.example/callback'] }
      ])
    }
  })

  /** The person has signed in to the app at the provider. */
  const idToken = () =>
    provider.signIdToken({ iss: provider.issuer, sub: 'ann', aud: app.atProvider, iat: now, exp: now + 7_200 })
  let asked = 0
  async function connect (clientId: string) {
    const authProvider = new CrossAppAccessProvider({
      clientId,
      clientSecret: SECRET,
      expectedIssuer: url,
      async assertion ({ authorizationServerUrl, resourceUrl, scope, fetchFn }) {
        asked++
        const { jwtAuthGrant } = await discoverAndRequestJwtAuthGrant({
          idpUrl: provider.issuer,
          audience: authorizationServerUrl,
          resource: resourceUrl,
          idToken: await idToken(),
          clientId: app.atProvider,
          fetchFn,
          ...(scope && { scope })
        })
        return jwtAuthGrant
      }
    })
    const client = new Client({ name: 'journey', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } })
    await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { authProvider }))
    t.teardown(() => client.close())
    return client
  }

  const client = await connect(app.atServer)
  const search = () => client.callTool({ name: 'search', arguments: { query: 'tide' } })
  t.match(JSON.stringify(await search()), /tides\.md/)
  t.equal(asked, 1)
  const [ann, ...others] = await Array.fromAsync(server.signIn.lifecycle.all())
  t.same(others, [])
  t.match(ann, { email: 'ann@example.com', emailVerified: true })
  t.match(await server.grants.listByUser(ann!.id), [{ clientName: 'Assistant', scopes: ['mcp:read'], refresh: undefined }])

  now += 3_601
  t.match(JSON.stringify(await search()), /tides\.md/, 'after an hour the app asks the provider again')
  t.equal(asked, 2)

  provider.instead.delete('/exchange')
  now += 3_601
  await t.rejects(search(), 'who left the organization has no access an hour later')
  await t.rejects(connect('another client of the server'), 'nor is the assertion of one app good for another')
})
