// What a person came for, and what a page may say of it.
import t from 'tap'
import {
  attemptOf,
  describeIntent,
  pageIntent,
  proofIntent,
  type SignInIntent
} from '../../../plugins/sign-in/intent.ts'
import { requiredFreshness } from '../../../plugins/sign-in/freshness.ts'

const asked: SignInIntent = {
  kind: 'authorization',
  request: {
    clientId: 'c',
    clientName: 'Claude',
    redirectUri: 'https://claude.ai/api/mcp/auth_callback?state=secret',
    redirectUriGiven: true,
    state: 'secret',
    scopes: ['mcp:read'],
    resource: 'https://mcp.example.com',
    challenge: 'secret',
    attempt: 'a1'
  }
}

t.test('a path is carried up to 2,048 characters, and one more is refused with what to do', async (t) => {
  const longest = `/${'a'.repeat(2_047)}`
  t.same(pageIntent(longest), { kind: 'visit', path: longest })
  t.throws(() => pageIntent(`${longest}a`), { code: 'invalid_request', statusCode: 400, message: /Sign in first/ })
})

t.test('only where proof was asked for does an earlier sign-in not count', async (t) => {
  t.equal(requiredFreshness({ intent: proofIntent('/account/delete') }), 300)
  t.equal(requiredFreshness({ intent: pageIntent('/account/delete') }), undefined)
  t.equal(requiredFreshness({ intent: asked }), undefined)
  for (const [maxAge, seconds] of [[0, 300], [3600, 3600]] as const) {
    t.equal(requiredFreshness({ intent: { ...asked, request: { ...asked.request, maxAge } } }), seconds)
  }
  t.equal(requiredFreshness({ intent: { kind: 'link', userId: 'ann', path: '/account' } }), undefined)
})

t.test('of an app a page says its name and where the code will go, and nothing that it sent', async (t) => {
  t.same(describeIntent(asked), { client: { name: 'Claude', host: 'claude.ai' } })
  t.same(describeIntent(pageIntent('/account')), {})
  t.same(attemptOf(asked), { attempt: 'a1', client: 'c' })
  t.same(attemptOf(pageIntent('/account')), {})
})
