// Two OpenID providers and GitHub, as stand-ins, with the variables of a server that has all of them.
import type { Test } from 'tap'
import { startGithub } from './github.ts'
import { startProvider } from './openid-provider.ts'

/** @param port of the server, which the providers lead back to. */
export async function startProviders (t: Test, port: number) {
  const [staff, partners] = (await Promise.all(
    ['oidc', 'oidc-partners'].map((id) =>
      startProvider({ callbackUrls: [`http://localhost:${port}/login/callback/${id}`] })
    )
  )) as [Awaited<ReturnType<typeof startProvider>>, Awaited<ReturnType<typeof startProvider>>]
  t.teardown(() => Promise.all([staff.stop(), partners.stop()]))
  const github = await startGithub(t)
  const env = {
    ...github.env,
    AUTH_BACKEND: 'oidc,oidc:partners,github',
    OIDC_ISSUER: staff.issuer,
    OIDC_CLIENT_ID: staff.clientId,
    OIDC_CLIENT_SECRET: staff.clientSecret,
    OIDC_TITLE: 'Staff',
    OIDC_ISSUER_PARTNERS: partners.issuer,
    OIDC_CLIENT_ID_PARTNERS: partners.clientId,
    OIDC_CLIENT_SECRET_PARTNERS: partners.clientSecret,
    OIDC_TITLE_PARTNERS: 'Partners'
  }
  return { staff, partners, github, env }
}
