// The one error type: each code with its status and the headers that belong to it.
import t from 'tap'
import * as errors from '../errors.ts'

t.test('each refusal has the code and the status of its specification', async (t) => {
  for (const [make, code, status] of [
    [errors.invalidRequest, 'invalid_request', 400],
    [errors.invalidGrant, 'invalid_grant', 400],
    [errors.invalidScope, 'invalid_scope', 400],
    [errors.unauthorizedClient, 'unauthorized_client', 400],
    [errors.unsupportedGrantType, 'unsupported_grant_type', 400],
    [errors.unsupportedResponseType, 'unsupported_response_type', 400],
    [errors.accessDenied, 'access_denied', 403],
    [errors.serverError, 'server_error', 500],
    [errors.invalidRedirectUri, 'invalid_redirect_uri', 400],
    [errors.invalidClientMetadata, 'invalid_client_metadata', 400],
    [errors.invalidTarget, 'invalid_target', 400],
    [errors.invalidToken, 'invalid_token', 401],
    [errors.insufficientScope, 'insufficient_scope', 403]
  ] as const) {
    const cause = new Error('inside')
    const error = make('why', { cause, headers: { 'x-a': 'b' } })
    t.match(error, { name: 'OAuthError', code, statusCode: status, message: 'why', cause, headers: { 'x-a': 'b' } })
    t.equal(error instanceof errors.OAuthError, true)
    t.same(make('why').headers, {})
    t.equal(make('why').redirect, undefined, 'nowhere to go before the client is verified')
  }
})

t.test('a client that tried Basic is challenged with it, another is not', async (t) => {
  t.match(errors.invalidClient('no'), { code: 'invalid_client', statusCode: 401 })
  t.same(errors.invalidClient('no').headers, {})
  t.same(errors.invalidClient('no', true).headers, { 'www-authenticate': 'Basic realm="token", charset="UTF-8"' })
})

t.test('what may be tried again says when', async (t) => {
  t.match(errors.temporarilyUnavailable('away'), { statusCode: 503, headers: { 'retry-after': '5' } })
  t.match(errors.temporarilyUnavailable('away', undefined, 40).headers, { 'retry-after': '40' })
  t.match(errors.tooManyRequests(1), { statusCode: 429, message: /Wait 1 second and/, headers: { 'retry-after': '1' } })
  t.match(errors.tooManyRequests(60), { message: /Wait 60 seconds and/, headers: { 'retry-after': '60' } })
  t.match(errors.signInExpired(), { code: 'sign_in_expired', statusCode: 400, message: /connect again/ })
})

t.test('what the operator has to fix is no refusal of a request', async (t) => {
  t.equal(new errors.StartError('x').name, 'StartError')
  t.equal(new errors.StartError('x') instanceof errors.OAuthError, false)
})
