// Sign-in with the social providers of a Supabase project.
import type { Provider } from '@supabase/supabase-js'
import type { Mark, RedirectProvider, RedirectSignIn } from '../contract.ts'
import { nameOfMark } from '../marks.ts'
import { marks } from '../methods.ts'
import type { SupabaseAuth } from './client.ts'
import { SPENT, type Steps } from './steps.ts'

/** Providers that have another name at Supabase. */
const MARKS: Readonly<Record<string, Mark>> = {
  azure: 'microsoft',
  linkedin_oidc: 'linkedin',
  slack_oidc: 'slack',
  twitter: 'x'
}

function describe (id: string): RedirectProvider {
  const mark = MARKS[id] ?? marks.find((known) => known === id)
  const provider = mark ? nameOfMark(mark) : id === 'workos' ? 'WorkOS' : id.charAt(0).toUpperCase() + id.slice(1)
  return { id, label: { key: 'providers.continueWith', values: { provider } }, ...(mark && { mark }) }
}

export function supabaseRedirect (supabase: SupabaseAuth, providers: string[], { arrive }: Steps): RedirectSignIn {
  return {
    providers: providers.map(describe),
    async begin ({ provider, callbackUrl, state }) {
      const items = new Map<string, string>()
      // Supabase has its own state with the provider; ours comes back in the query of the
      // return address.
      const { data, error } = await supabase.ask(
        (auth) =>
          auth.signInWithOAuth({
            provider: provider as Provider,
            options: { redirectTo: `${callbackUrl}?state=${encodeURIComponent(state)}`, skipBrowserRedirect: true }
          }),
        items
      )
      if (error || !data.url) throw supabase.refusedBySupabase(error!)
      return { url: data.url, continuation: JSON.stringify([...items]) }
    },
    async finish ({ url, continuation }) {
      const code = url.searchParams.get('code')
      const refusal = url.searchParams.get('error_code') ?? url.searchParams.get('error')
      if (refusal === 'access_denied') { return { refused: { key: 'providers.turnedBackThere' } } }
      if (refusal === 'signup_disabled') { return { refused: { key: 'providers.noAccount' } } }
      if (code === null) return null
      const { data, error } = await supabase.ask(
        (auth) => auth.exchangeCodeForSession(code),
        new Map(JSON.parse(continuation) as Array<[string, string]>)
      )
      if (error) {
        if (SPENT.has(error.code ?? '')) return null
        throw supabase.refusedBySupabase(error)
      }
      return arrive({ user: supabase.readUser(data.user), tokens: supabase.readTokens(data.session) })
    }
  }
}
