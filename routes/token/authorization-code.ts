// grant_type=authorization_code: the code, its client, its redirect URI and the PKCE verifier must all fit before the
// code is used (OAuth 2.1 §4.1.3, RFC 7636 §4.6).
import { createHash } from 'node:crypto'
import { invalidGrant } from '../../errors.ts'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import { checkResource } from '../../plugins/oauth/resource-indicator.ts'
import { equalSecrets } from '../../plugins/secrets.ts'
import type { GrantHandler } from './contract.ts'

/** RFC 7636 §4.1 */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

export const authorizationCode: GrantHandler = async ({ app, client, form, resources }) => {
  const code = form.need('code')
  const redirectUri = form.get('redirect_uri')
  const verifier = form.get('code_verifier')
  if (verifier === undefined || !VERIFIER.test(verifier)) {
    throw invalidGrant('code_verifier is missing, or not 43 to 128 letters, digits, - . _ or ~').because('pkce')
  }
  checkResource(form.getAll('resource'), resources)

  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const check = (grant: Grant): string | undefined => {
    if (grant.clientId !== client.id || !grant.code) {
      return 'the authorization code is not valid; start the authorization again'
    }
    const { redirectUriGiven, redirectUri: authorized, challenge: authorizedChallenge } = grant.code
    if (redirectUri === undefined ? redirectUriGiven : redirectUri !== authorized) {
      return 'redirect_uri is not the one of the authorization request'
    }
    if (!equalSecrets(authorizedChallenge, challenge)) {
      return 'code_verifier does not fit the code_challenge of the authorization request'
    }
    return undefined
  }
  return app.grants.redeem(code, check, { withRefresh: client.grantTypes.includes('refresh_token') })
}
