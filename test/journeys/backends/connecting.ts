// Connecting an app through each backend: a password, an OpenID provider, or a sign-up.
import type { Test } from 'tap'
import { buildApp } from '../../../app.ts'
import { loadConfig } from '../../../config/index.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { startDirectory } from '../../helpers/directory.ts'
import { authorizeUrl, decide, newClient, pkce, redeemCode } from '../../helpers/oauth.ts'
import { startProvider } from '../../helpers/openid-provider.ts'
import { freePort } from '../../helpers/ports.ts'
import { startServer } from '../../helpers/server.ts'

export const PASSWORD = 'Copper kettle on a tram'
export type SignIn = (browser: Browser, login: Page) => Promise<Page>
export const withPassword =
  (backend: string, email = 'ann@example.com'): SignIn =>
    (browser, login) =>
      browser.submit(login, ({ fields }) => fields['backend'] === backend && 'password' in fields, {
        email,
        password: PASSWORD
      })
export const throughProvider =
  (name = 'ann'): SignIn =>
    async (browser, login) => {
      await browser.submit(login, ({ fields }) => fields['provider'] === 'oidc')
      const outside = new Browser()
      await outside.submit(await outside.get(browser.left!.href), () => true, { name, go: 'on' })
      return browser.get(outside.left!.href)
    }
export async function connect (url: string, signIn: SignIn, browser = new Browser()) {
  const client = await newClient(url)
  const { verifier, challenge } = pkce()
  const consent = await signIn(
    browser,
    await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge, prompt: 'login' }))
  )
  await decide(browser, consent)
  return { browser, client, ...(await redeemCode(url, client, browser, verifier)) }
}
export async function everything (t: Test) {
  const [port, providerPort] = [await freePort(), await freePort()]
  const directory = await startDirectory(t)
  const provider = await startProvider({
    port: providerPort,
    callbackUrls: [`http://localhost:${port}/login/callback/oidc`]
  })
  t.teardown(() => provider.stop())
  const env = {
    ...directory.env,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OIDC_TITLE: 'Example'
  }
  const server = await startServer(t, { port, env: { ...env, AUTH_BACKEND: `oidc,local,${directory.path}` } })
  return { directory, provider, env, ...server, people: () => Array.fromAsync(server.app.signIn.lifecycle.all()) }
}
/** The next start of a server that was closed, on its data and address, with other settings. The caller closes it. */
export async function restartWith (
  { url, dataDir, env }: { url: string; dataDir: string; env: Record<string, string> },
  changed: Record<string, string>
) {
  const { port } = new URL(url)
  const next = await buildApp(
    await loadConfig({
      PORT: port,
      DATA_DIR: dataDir,
      DOCS_DIR: `${dataDir}/../docs`,
      LOG_LEVEL: 'silent',
      RATE_LIMITS: 'off',
      ...env,
      ...changed
    })
  )
  await next.listen({ port: Number(port), host: '127.0.0.1' })
  return next
}
