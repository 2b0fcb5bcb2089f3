// A server and a real OpenID provider in its own process, which know each other, and the steps of a sign-in through it.
import type { Test } from 'tap'
import { Browser, type Page } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, pkce } from '../../helpers/oauth.ts'
import { startProvider, type TestProvider } from '../../helpers/openid-provider.ts'
import { freePort } from '../../helpers/ports.ts'
import { startServer, type TestServer } from '../../helpers/server.ts'

interface Place {
  server: TestServer
  provider: TestProvider
}

/** The provider has to know the server's address, and the other way round. */
export async function startBoth (
  t: Test,
  env: Record<string, string> = {},
  { start = true } = {}
): Promise<Place & { startProvider: () => Promise<TestProvider> }> {
  const [port, providerPort] = [await freePort(), await freePort()]
  const url = `http://localhost:${port}`
  const begin = async () => {
    const provider = await startProvider({
      port: providerPort,
      callbackUrls: [`${url}/login/callback/oidc`],
      logoutUrls: [url]
    })
    t.teardown(() => provider.stop())
    return provider
  }
  const provider = start ? await begin() : undefined
  const server = await startServer(t, {
    port,
    env: {
      AUTH_BACKEND: 'oidc',
      OIDC_ISSUER: `http://localhost:${providerPort}`,
      OIDC_CLIENT_ID: 'mcp-server',
      OIDC_CLIENT_SECRET: 'a secret that the provider gave us',
      OIDC_TITLE: 'Example',
      ...env
    }
  })
  return { server, provider: provider!, startProvider: begin }
}
export const toLogin = async (url: string, browser: Browser) => {
  const client = await newClient(url)
  const { verifier, challenge } = pkce()
  return {
    client,
    verifier,
    login: await browser.get(
      authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge, state: 'of the app' })
    )
  }
}

/** @returns the address that the provider sends the person back to, not opened yet. */
export async function atProvider (
  browser: Browser,
  login: Page,
  fields: Record<string, string> = { name: 'ann', go: 'on' }
): Promise<URL> {
  await browser.submit(login, ({ fields }) => fields['provider'] === 'oidc')
  const outside = new Browser()
  await outside.submit(await outside.get(browser.left!.href), () => true, fields)
  return outside.left!
}
