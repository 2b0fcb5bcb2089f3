// npm run users factors: the operator sees what somebody has, and removes it.
import { factors } from '../../cli/user-factors.ts'
import { appOf, passkeyOf, userOf } from '../helpers/second-factors.ts'
import { storageTest } from '../helpers/storages.ts'

const START = 1_800_000_000

storageTest('the operator lists and removes the second factors of one person', async (t, start) => {
  const server = await start({ now: () => START })
  const { app, config } = server
  const context = { app, config }
  const ann = await userOf(server, 'ann@example.com')
  const bob = await userOf(server, 'bob@example.com')
  t.equal(
    await factors(context, 'list', 'ann@example.com'),
    'No second factors.'
  )
  await appOf(app.secondFactors, ann, START)
  await passkeyOf(server, ann, 'Lap\u009btop')
  await appOf(app.secondFactors, bob, START)
  const [code] = await app.secondFactors.newRecoveryCodes(ann.id)
  t.equal(
    await factors(context, 'list', ann.id),
    'passkey\tLaptop\t2027-01-15\t-\napp\tPhone\t2027-01-15\t-\nrecovery codes\t10 left'
  )
  for (const words of [[], ['list'], ['remove'], ['clear', ann.id], ['remove', ann.id, 'x'], ['remove', 'eve@example.com']]) {
    await t.rejects(
      factors(context, ...words),
      { name: 'OperatorError' },
      words.join(' ')
    )
  }
  t.equal((await app.secondFactors.list(ann.id)).length, 2)
  t.match(
    await factors(context, 'remove', 'ann@example.com'),
    /^Removed 2 second factors/
  )
  t.strictSame(await app.secondFactors.list(ann.id), [])
  t.equal(await app.secondFactors.verifyCode(ann.id, code!), undefined)
  t.equal((await app.secondFactors.list(bob.id)).length, 1)
  const [event] = await app.audit.ofUser(ann.id, 1)
  t.match(event, { event: 'factor_removed', by: 'operator' })
})
