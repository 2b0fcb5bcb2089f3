// Each state of a sign-in leads to one page.
import t from 'tap'
import { asksForCode, nextPage, type SignInPages } from '../../../plugins/sign-in/next.ts'
import type { Failure, Interaction, Proof, Step } from '../../../plugins/sign-in/contract.ts'
import type { AuthorizationRequest } from '../../../plugins/sign-in/intent.ts'

const page = (name: string) => (handle: string) => `${name} ${handle}`
const pages: SignInPages = {
  login: page('login'),
  code: page('code'),
  factor: page('factor'),
  accountChoice: page('choice'),
  addition: page('addition'),
  consent: page('consent')
}
const app = { intent: { kind: 'authorization', request: {} as AuthorizationRequest } } as const
const visit = { intent: { kind: 'visit', path: '/account' } } as const
const link = { intent: { kind: 'link', userId: 'ann', path: '/account' } } as const
const failure: Failure = { backend: 'local', message: 'no', statusCode: 401 }
const proof: Proof = { backend: 'local', identity: { subject: 'a' }, userId: 'ann' }
const typed = { backend: 'local', prompt: 'Enter it', tries: 0, account: 'a' }
const code: Step = { kind: 'email code', email: 'ann@example.com', ...typed }
const factor: Step = { kind: 'factor', continuation: 'c', ...typed }
const redirect: Step = { kind: 'redirect', backend: 'local', continuation: 'c' }

const next = (interaction: Omit<Interaction, 'browser'>) =>
  nextPage(pages, { handle: 'h', interaction: { browser: 'b', ...interaction } } as Parameters<typeof nextPage>[1])

t.test('who has not signed in signs in, and who has goes where they wanted to', async (t) => {
  t.equal(next(app), 'login h')
  t.equal(next(visit), 'login h')
  t.equal(next({ ...app, session: 's' }), 'consent h')
  t.equal(next({ ...visit, session: 's' }), '/account')
})

t.test('a code is asked for before anything else, and a failure leads back, also where a session is there', async (t) => {
  t.equal(next({ ...app, step: code, failure }), 'code h')
  t.equal(next({ ...app, step: factor, session: 's' }), 'code h')
  t.equal(next({ ...app, session: 's', failure }), 'login h')
  t.equal(next({ ...visit, proof, failure }), 'login h')
  t.equal(next({ ...app, step: redirect }), 'login h')
})

t.test('a proof is shown to its person before it counts, and a consent never comes before that', async (t) => {
  t.equal(next({ ...app, proof }), 'choice h')
  t.equal(next({ ...app, proof, session: 's' }), 'choice h')
  t.equal(next({ ...app, proof: { ...proof, isJoining: true }, session: 's' }), 'login h')
  t.equal(next({ ...link, proof }), 'addition h')
  t.equal(next({ ...link, proof: { ...proof, isJoining: true } }), 'addition h')
  t.equal(next({ ...link, session: 's' }), 'login h', 'a method is chosen next')
})

t.test('only what a person types is asked for', async (t) => {
  t.same([code, factor, redirect, undefined].map(asksForCode), [true, true, false, false])
})
