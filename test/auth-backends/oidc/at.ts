// A sign-in at a stand-in for a well-known provider, which says what a test wants.
import type { Test } from 'tap'
import { openOidc } from '../../../auth-backends/oidc/index.ts'
import { env } from '../../../auth-backends/oidc/settings.ts'
import { standInFor, type Metadata, type StandIn } from '../../helpers/stand-in-provider.ts'
import { CALLBACK } from './open.ts'

interface Place {
  standIn: StandIn
  /** A whole sign-in. @param answer parameters beside code and state. */
  signIn(claims: Record<string, unknown>, answer?: Record<string, string>): Promise<unknown>
  begun(): URL
}

export async function at (
  t: Test,
  issuer: string,
  more: Record<string, string> = {},
  metadata?: Metadata,
  says?: string
): Promise<Place> {
  const standIn = standInFor(t, issuer, metadata, says)
  const variables = {
    OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: 'our-client',
    OIDC_CLIENT_SECRET: 'secret',
    OIDC_ALLOWED_DOMAINS: '*'
  }
  const { redirect } = openOidc(env.parse({ ...variables, ...more }))
  let begun = new URL(issuer)
  return {
    standIn,
    begun: () => begun,
    async signIn (claims, answer = {}) {
      const { url, continuation } = await redirect!.begin({
        provider: 'oidc',
        callbackUrl: CALLBACK,
        state: 's'
      })
      begun = new URL(url)
      standIn.nonce = begun.searchParams.get('nonce')!
      standIn.claims = { aud: 'our-client', ...claims }
      const query = new URLSearchParams({ code: 'c', state: 's', ...answer })
      const back = new URL(`${CALLBACK}?${query}`)
      return redirect!
        .finish({ url: back, state: 's', continuation })
        .catch((error: unknown) => error)
    }
  }
}
