// What comes next in a sign-in: the only place that decides it. Routes redirect to the answer.
import type { Interaction } from './contract.ts'
import type { Parked } from './interactions.ts'

/**
 * The URL of each page of a sign-in, with the handle by which the page continues it.
 */
export type SignInPages = Record<'login' | 'code' | 'factor' | 'accountChoice' | 'addition' | 'consent', (handle: string) => string>

/**
 * @returns the URL of the page for the state that a sign-in is in. See the diagram in
 * index.ts.
 */
export function nextPage (pages: SignInPages, { handle, interaction }: Parked): string {
  const { intent, session, step, proof, pending, failure } = interaction
  if (asksForCode(step)) return pages.code(handle)
  if (pending) return pages.factor(handle)
  if (failure) return pages.login(handle)
  if (proof && intent.kind === 'link') return pages.addition(handle)
  if (proof && !proof.isJoining) return pages.accountChoice(handle)
  // A person who adds a sign-in method is signed in already, and chooses the method next.
  if (session === undefined || proof || intent.kind === 'link') return pages.login(handle)
  return intent.kind === 'authorization' ? pages.consent(handle) : intent.path
}

/**
 * Whether the person has to type a code now: one that was sent, or that of a second factor.
 */
export const asksForCode = (
  step: Interaction['step']
): step is Exclude<NonNullable<Interaction['step']>, { kind: 'redirect' }> =>
  step?.kind === 'email code' || step?.kind === 'factor'
