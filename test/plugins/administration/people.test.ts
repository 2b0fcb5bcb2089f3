// What the operator or an owner does to somebody's account, and that they are told.
import t from 'tap'
import { personAt } from '../../helpers/factor-pages.ts'
import { startSmtp } from '../../helpers/smtp.ts'
import { storageTest } from '../../helpers/storages.ts'

const smtp = await startSmtp()
t.teardown(() => smtp.stop())

storageTest('whoever loses their second factors to the operator learns it by mail', async (t, start) => {
  const ann = await personAt(t, start, smtp)
  const { app, user } = ann
  await ann.addApp()
  await app.administration.removeFactors({ by: 'operator' }, user.id)
  t.strictSame(await app.secondFactors.list(user.id), [])
  t.equal((await ann.subjects()).at(-1), 'Your second factors were removed by the operator')
  const events = await app.audit.ofUser(user.id, 1)
  t.match(events, [{ event: 'factor_removed', by: 'operator', reason: 'all' }])
})
