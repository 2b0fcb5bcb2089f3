// An app that is connected through an OpenID provider, with a clock that can be set forward.
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, pkce, post, type TestClient } from '../../helpers/oauth.ts'

export const PASSWORD = 'eleven quiet otters 42'
interface Connection {
  client: TestClient
  browser: Browser
  access: string
  refresh: string
}
export const renew = (url: string, { client, refresh }: Connection) =>
  post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: refresh })
export async function allow (url: string, browser: Browser, client: TestClient): Promise<Connection> {
  const { verifier, challenge } = pkce()
  const consent = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge }))
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  const { body } = await post(`${url}/token`, {
    ...client,
    grant_type: 'authorization_code',
    code: browser.left!.searchParams.get('code')!,
    redirect_uri: 'https://app.example/callback',
    code_verifier: verifier
  })
  return { client, browser, access: body['access_token'] as string, refresh: body['refresh_token'] as string }
}
