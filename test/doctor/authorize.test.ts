// An authorization request as the doctor makes it.
import { createHash } from 'node:crypto'
import t from 'tap'
import { authorizeUrl } from '../../doctor/authorize.ts'

const server = {
  issuer: 'https://mcp.example.com',
  resource: 'https://mcp.example.com/mcp',
  authorize: 'https://mcp.example.com/authorize',
  token: 'https://mcp.example.com/token',
  takesDocuments: true,
  sendsIssuer: true,
  scopes: ['mcp:read']
}

t.test('it carries PKCE, state and resource, and a test can leave a parameter out', async (t) => {
  const { url, verifier, state } = authorizeUrl(server, 'app', 'http://127.0.0.1/callback')
  t.match(Object.fromEntries(url.searchParams), {
    client_id: 'app',
    state,
    resource: server.resource,
    scope: 'mcp:read',
    code_challenge: createHash('sha256').update(verifier).digest('base64url')
  })
  const bare = authorizeUrl(server, 'app', 'http://127.0.0.1/callback', { code_challenge: undefined })
  t.notOk(bare.url.searchParams.has('code_challenge'))
})
