// A sign-in at oidc-provider's development pages: authorization request, login, consent, code, token.
import { Browser } from '../test/helpers/browser.ts'
import { authorizeUrl, CALLBACK, pkce, post } from '../test/helpers/oauth.ts'

export interface ProviderConnection {
  client: { client_id: string }
  refresh: string
}

export async function signInAtProvider (url: string, scope: string): Promise<ProviderConnection> {
  const { verifier, challenge } = pkce()
  const browser = new Browser()
  const request = authorizeUrl(url, {
    client_id: 'bench',
    code_challenge: challenge,
    scope,
    prompt: 'consent'
  }).replace('/authorize', '/auth')
  const login = await browser.get(request)
  const consent = await browser.submit(login, ({ fields }) => 'login' in fields, { login: 'bench', password: 'x' })
  await browser.submit(consent, ({ fields }) => fields['prompt'] === 'consent')
  const { body } = await post(`${url}/token`, {
    client_id: 'bench',
    grant_type: 'authorization_code',
    code: browser.left!.searchParams.get('code')!,
    redirect_uri: CALLBACK,
    code_verifier: verifier
  })
  return { client: { client_id: 'bench' }, refresh: body['refresh_token'] as string }
}
