// What the doctor requires of an authorization server's metadata.
import t from 'tap'
import { checkAbilities, endpointsOf } from '../../doctor/authorization-server.ts'
import { createReport } from '../../doctor/report.ts'

const issuer = new URL('https://mcp.example.com')
const complete = {
  issuer: issuer.origin,
  authorization_endpoint: 'https://mcp.example.com/authorize',
  token_endpoint: 'https://mcp.example.com/token',
  registration_endpoint: 'https://mcp.example.com/register',
  client_id_metadata_document_supported: true,
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  scopes_supported: ['mcp:read', 'offline_access']
}

t.test('complete metadata has nothing to report; without PKCE or public clients it fails', async (t) => {
  const { report, tally } = createReport(() => {})
  checkAbilities(report, complete)
  t.equal(tally.failed, 0)
  checkAbilities(report, { ...complete, code_challenge_methods_supported: [], token_endpoint_auth_methods_supported: [] })
  t.equal(tally.failed, 2)
})

t.test('endpoints are read, and one that clients cannot reach is reported', async (t) => {
  const { report, tally } = createReport(() => {})
  t.match(endpointsOf(report, complete, issuer, 'r'), { token: complete.token_endpoint, takesDocuments: true })
  endpointsOf(report, { ...complete, token_endpoint: 'http://localhost:8080/token' }, issuer, 'r')
  t.equal(tally.failed, 1)
  t.equal(endpointsOf(report, {}, issuer, 'r'), undefined)
})
