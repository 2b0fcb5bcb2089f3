// The ways to sign in that the page offers, in its order: buttons first, then one form, then what else there is, and the way
// that was last used in this browser before all of them.
// Tested in test/plugins/sign-in/ways.test.ts.
import type { AuthBackend, RedirectSignIn } from '../../auth-backends/contract.ts'
import type { Text } from '../../languages/index.ts'

type Provider = RedirectSignIn['providers'][number]

/** `id` names it among all, and in the cookie that remembers it. */
export type Way = { id: string; backend: string; title: Text } & (
  | { kind: 'redirect'; provider: Provider }
  | { kind: 'password' | 'code' | 'one click'; label: Text }
)

/** A passkey names the person by itself, so it is of no backend. */
export const PASSKEY = 'passkey'

/** @param provider of a redirect. */
export const wayId = (kind: Way['kind'], backend: string, provider?: string): string =>
  [kind, backend, ...(provider === undefined ? [] : [provider])].join(' ')

/** @returns every way of these backends, in their order. */
export function waysOf (backends: Iterable<readonly [string, AuthBackend]>): Way[] {
  return [...backends].flatMap(([backend, { title, redirect, password, emailCode, oneClick }]): Way[] => {
    const way = (kind: 'password' | 'code' | 'one click', method: { label: Text } | undefined): Way[] =>
      method ? [{ id: wayId(kind, backend), backend, title, kind, label: method.label }] : []
    const providers = redirect?.providers ?? []
    return [
      ...providers.map((provider): Way => ({ id: wayId('redirect', backend, provider.id), backend, title, kind: 'redirect', provider })),
      ...way('password', password),
      ...way('code', emailCode),
      ...way('one click', oneClick)
    ]
  })
}

const isForm = ({ kind }: Way): boolean => kind === 'password' || kind === 'code'

/**
 * Ids, the most decisive first: of the form that failed, of the one that was asked for, of the
 * way that was last used.
 */
export interface Wishes {
  failed?: string | undefined
  chosen?: string | undefined
  last?: string | undefined
}

export interface Arrangement {
  buttons: Way[]
  form: Way | undefined
  /** Forms that a link leads to. */
  others: Way[]
  /** Demonstrations come last. */
  oneClick: Way[]
  /** Of all these, if it is among them or is {@link PASSKEY}: it comes first. */
  first: string | undefined
}

/** @returns the page's ways in their places, with at most one form. */
export function arrange (ways: readonly Way[], { failed, chosen, last }: Wishes): Arrangement {
  const forms = ways.filter(isForm)
  const find = (id: string | undefined) => forms.find((way) => way.id === id)
  const form = find(failed) ?? find(chosen) ?? find(last) ?? forms.find(({ kind }) => kind === 'password') ?? forms[0]
  const isShown = ways.some((way) => way.id === last && (!isForm(way) || way === form))
  return {
    buttons: ways.filter(({ kind }) => kind === 'redirect'),
    form,
    others: forms.filter((way) => way !== form),
    oneClick: ways.filter(({ kind }) => kind === 'one click'),
    first: isShown || last === PASSKEY ? last : undefined
  }
}
