// A backend at a provider of OpenID Connect that runs for the test, and a whole sign-in there.
import type { Test } from 'tap'
import { type AuthBackend } from '../../../auth-backends/contract.ts'
import { openOidc } from '../../../auth-backends/oidc/index.ts'
import { env, type OidcSettings } from '../../../auth-backends/oidc/settings.ts'
import { Browser } from '../../helpers/browser.ts'
import { startProvider, type TestProvider } from '../../helpers/openid-provider.ts'

export const CALLBACK = 'http://localhost:8080/login/callback/oidc'

export async function providerFor (t: Test, configuration = {}): Promise<TestProvider> {
  const provider = await startProvider({
    callbackUrls: [CALLBACK],
    logoutUrls: ['http://localhost:8080'],
    configuration
  })
  t.teardown(() => provider.stop())
  return provider
}

export const settingsFor = (
  { issuer, clientId, clientSecret }: TestProvider,
  more: Record<string, string> = {}
): OidcSettings =>
  env.parse({ OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret, ...more })

export const open = (provider: TestProvider, more: Record<string, string> = {}, timeout?: number): AuthBackend =>
  openOidc(settingsFor(provider, more), timeout)

/** What an ID token of Ann says that is right in all it says. @param now in seconds. */
export const claimsOf = ({ issuer, clientId }: TestProvider, nonce: string, now: number) => ({
  iss: issuer,
  aud: clientId,
  sub: 'ann',
  iat: now,
  exp: now + 600,
  nonce,
  email: 'ann@example.com',
  email_verified: true,
  name: 'Ann'
})

/** The person at the provider's pages. @returns the address the provider sends them back to. */
export async function goThrough (url: string, fields: Record<string, string>): Promise<URL> {
  const browser = new Browser()
  await browser.submit(await browser.get(url), () => true, fields)
  return browser.left!
}

export async function signIn (backend: AuthBackend, fields: Record<string, string> = { name: 'ann', go: 'on' }) {
  const state = 'the-state-of-the-house'
  const { url, continuation } = await backend.redirect!.begin({ provider: 'oidc', callbackUrl: CALLBACK, state })
  return backend.redirect!.finish({ url: await goThrough(url, fields), state, continuation })
}
