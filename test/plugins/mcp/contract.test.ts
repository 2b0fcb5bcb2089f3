// Whom a call counts for, and whose share it uses.
import t from 'tap'
import { callerOf, sharerOf } from '../../../plugins/mcp/contract.ts'

t.test('a person has a share, and without sign-in a site with all of its networks (OW-09)', async (t) => {
  const access = { user: { id: 'ann' } } as never
  t.same([callerOf({ access, address: undefined }), sharerOf({ access, address: undefined })], ['ann', 'ann'])
  const from = (address: string) => ({ access: null, address })
  t.equal(callerOf(from('2001:db8:1:2::')), 'address 2001:db8:1:2::')
  t.equal(sharerOf(from('2001:db8:1:2::')), sharerOf(from('2001:db8:1:3::')))
  t.not(sharerOf(from('2001:db8:1:2::')), sharerOf(from('2001:db8:2:2::')))
  t.not(sharerOf(from('192.0.2.1')), sharerOf(from('192.0.2.2')))
})
