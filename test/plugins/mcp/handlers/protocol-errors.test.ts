// Resources, prompts and completions of ours that fail: what a
// client reads of it, and what the operator does.
import { inputRequired } from '@modelcontextprotocol/server'
import t from 'tap'
import { hide, invokeGuarded, invokePlain, type Caller } from '../../../../plugins/mcp/handlers/protocol-errors.ts'

function callerWith (signal = new AbortController().signal) {
  const lines: unknown[][] = []
  const say = (level: string) => (...line: unknown[]) => lines.push([level, ...line])
  const log = { warn: say('warn'), error: say('error'), child: () => log }
  const request = { access: null, rights: {}, headers: {}, requestId: 'r-1', log, signal }
  const services = { timeout: 1, states: { seal: () => 'sealed' } }
  const caller = { request, services, channel: { meta: {}, capabilities: {} } } as unknown as Caller
  return { caller, lines, request: request as never }
}
const INTERNAL = { code: -32603, message: 'Internal error: the operator finds it in the log as r-1' }

t.test('what does not end in its time is an internal error, and logged with the time', async (t) => {
  const { caller, lines } = callerWith()
  await t.rejects(invokeGuarded(caller, 'resources/read', 'a:b', () => new Promise(() => {})), INTERNAL)
  t.same(lines, [['warn', { timeout: 1 }, 'timed out']])
})

t.test('a list or a completion that asks the person is a mistake of its author', async (t) => {
  const { caller, lines } = callerWith()
  const asks = async () => inputRequired({ inputRequests: {}, requestState: 's' })
  await t.rejects(invokePlain(caller, 'completion/complete', [], asks as never), {
    code: -32603,
    message: 'Internal error'
  })
  t.match(lines, [['error', { method: 'completion/complete' }, /cannot ask questions/]])
})

t.test('of a client that has gone nothing is logged as a fault; of any other it is', async (t) => {
  const gone = callerWith(AbortSignal.abort())
  t.match(hide(new Error('x'), gone.request), {
    code: -32603,
    message: 'The client disconnected.'
  })
  t.same(gone.lines, [])
  const { request, lines } = callerWith()
  t.match(hide(new Error('x'), request), INTERNAL)
  t.match(lines, [['error', { err: { message: 'x' } }, 'mcp request failed']])
})
