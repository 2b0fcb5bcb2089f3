// What a tool learns when it cannot act as its caller at the service they signed in with.
import t from 'tap'
import { BackendUnavailable } from '../../../../auth-backends/contract.ts'
import { createOnBehalfOf } from '../../../../plugins/mcp/handlers/on-behalf-of.ts'
import type { Access } from '../../../../plugins/oauth/grants/contract.ts'

const ann = { user: { id: 'ann' } } as Access
type App = Parameters<typeof createOnBehalfOf>[0]
const at = (ask: () => Promise<unknown>, what: 'onBehalfOf' | 'claims' = 'onBehalfOf') =>
  createOnBehalfOf({ signIn: { upstream: { [what]: ask } } } as unknown as App, what)

t.test('a client, or the claims, whichever was asked for', async (t) => {
  t.same(await at(async () => 'client')(ann, 'supabase'), 'client')
  t.same(await at(async () => 'claims', 'claims')(ann, 'supabase'), 'claims')
})

t.test('without a sign-in nobody is asked, and without a session there the model is told what to do', async (t) => {
  const neverAsked = at(() => t.fail('asked') as never)
  await t.rejects(neverAsked(null, 'supabase'), { name: 'ToolError', message: /this server has no sign-in/ })
  await t.rejects(at(async () => undefined)(ann, 'supabase'), {
    name: 'ToolError',
    message: /connect this server again, and to choose Supabase/
  })
})

t.test('an outage is told in the words of the page, any other error is not told at all', async (t) => {
  const away = at(() => Promise.reject(new BackendUnavailable('key sk-1 at 10.0.0.7', { reason: 'slow' })))
  const error = await away(ann, 'supabase').catch((error: unknown) => error)
  t.match(error, { name: 'ToolError', message: /^Supabase did not answer in time/ })
  t.notMatch(String(error), /sk-1|10\.0\.0\.7/)
  await t.rejects(at(() => Promise.reject(new TypeError('a fault')))(ann, 'supabase'), { name: 'TypeError' })
})
