// An app that is connected through an OpenID provider, with a clock that can be set forward.
import { Browser } from '../../helpers/browser.ts'
import { authorizeUrl, decide, pkce, post, redeemCode, type TestClient } from '../../helpers/oauth.ts'

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
  await decide(browser, consent)
  return { client, browser, ...(await redeemCode(url, client, browser, verifier)) }
}
