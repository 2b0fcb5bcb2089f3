// What the log says of an error, and what it leaves out.
import t from 'tap'
import { describeError, type LoggedError } from '../../../plugins/observability/log-error.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'

t.test('an error in the log is its name, message, code, stack and cause, and nothing that hangs on it', async (t) => {
  const reply = Object.assign(new Error('MOVED'), {
    code: 'EMOVED',
    command: { name: 'set', args: ['mcp:grant:1', 'ann@example.com'] },
    response: { body: 'secret' }
  })
  const { stack, cause, ...rest } = describeError(new StorageUnavailable('Redis did not answer', { cause: reply }))
  t.same(rest, { type: 'StorageUnavailable', message: 'Redis did not answer' })
  t.match(stack, /log-error\.test\.ts/)
  t.match(cause, { type: 'Error', message: 'MOVED', code: 'EMOVED' })
  t.notMatch(JSON.stringify(cause), /ann@example\.com|secret/)
  t.notMatch(JSON.stringify(describeError('a thrown secret')), 'secret')
})

t.test('a code that is an object is left out, and a cause that is no error says only its type', async (t) => {
  const odd = Object.assign(new Error('odd', { cause: { token: 'secret' } }), { code: { token: 'secret' } })
  t.notMatch(JSON.stringify(describeError(odd)), 'secret')
  t.match(describeError(odd), { cause: { type: 'object', stack: '' } })
  t.equal(describeError(Object.assign(new Error('numbered'), { code: 0 })).code, 0)
})

t.test('causes that go round in a circle are followed five times', async (t) => {
  const error = new Error('round')
  error.cause = error
  let depth = 0
  for (let one: LoggedError | undefined = describeError(error); one; one = one.cause) depth++
  t.equal(depth, 6)
})
