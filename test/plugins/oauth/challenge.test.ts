// The challenges in WWW-Authenticate (RFC 6750 §3.1, RFC 9728 §5.1).
import t from 'tap'
import { missingScope, missingToken, wrongToken } from '../../../plugins/oauth/challenge.ts'

const resource = { resourceMetadata: 'https://mcp.example.com/.well-known/x', scopes: ['mcp:read', 'mcp:write'] }
const challengeOf = (error: { headers: Record<string, string> }) => error.headers['www-authenticate']

t.test('a request without a token is challenged without an error code', async (t) => {
  const error = missingToken(resource)
  t.equal(error.statusCode, 401)
  t.equal(challengeOf(error), `Bearer resource_metadata="${resource.resourceMetadata}", scope="mcp:read mcp:write"`)
})

t.test('a token that is not valid is invalid_token', async (t) => {
  t.match(challengeOf(wrongToken(resource)), /resource_metadata=.*error="invalid_token"/)
})

t.test('a step-up names every scope that the operation needs', async (t) => {
  const error = missingScope(resource.resourceMetadata, ['mcp:write'])
  t.equal(error.statusCode, 403)
  t.match(challengeOf(error), /scope="mcp:write", error="insufficient_scope"/)
})
