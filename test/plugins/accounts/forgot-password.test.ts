// A link for a new password that cannot be sent. What is sent is tested in
// test/routes/password.test.ts.
import t from 'tap'
import { createForgotPassword } from '../../../plugins/accounts/forgot-password.ts'
import { until } from '../../helpers/until.ts'

t.test('a fault is in the log alone, and the page is shown whatever happens', async (t) => {
  const logged: unknown[] = []
  const request = { log: { error: (_: unknown, line: string) => logged.push(line) } }
  const accounts = {
    find: async () => { throw new Error('storage is away') }
  }
  const open = (isOn: boolean) => createForgotPassword({
    mail: { isOn },
    signIn: { backends: new Map([['local', { accounts }], ['demo', {}]]) }
  } as never, {} as never)
  open(false)(request as never, 'ann@example.com')
  open(true)(request as never, 'ann@example.com')
  t.ok(await until(() => logged.length > 0))
  t.same(logged, ['a link could not be sent'])
})
