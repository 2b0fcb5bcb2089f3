// The error of a service that cannot say who a person is.
import t from 'tap'
import { BackendUnavailable } from '../../auth-backends/unavailable.ts'

t.test('without a reason the service is unreachable, and it says of no wait; the cause is kept for the log', async (t) => {
  const cause = new Error('ECONNREFUSED')
  const error = new BackendUnavailable('Example does not answer', { cause })
  t.match(error, { name: 'BackendUnavailable', message: 'Example does not answer', reason: 'unreachable', cause })
  t.equal(error.retryAfter, undefined)
  t.equal(error instanceof Error, true)
  t.match(new BackendUnavailable('too many', { reason: 'busy', retryAfter: 7 }), { reason: 'busy', retryAfter: 7 })
})
