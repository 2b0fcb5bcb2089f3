// Recovery codes: each counts once. On SQLite and on Redis.
import { appOf, userOf } from '../../helpers/second-factors.ts'
import { storageTest } from '../../helpers/storages.ts'

const START = 1_800_000_000

storageTest('ten recovery codes, each once, in any spelling; new ones end the old (SF-08)', async (t, start) => {
  const server = await start({ now: () => START })
  const { secondFactors } = server.app
  const ann = await userOf(server, 'ann@example.com')
  t.strictSame(
    await secondFactors.newRecoveryCodes(ann.id),
    [],
    'none without a second factor'
  )
  const { factor } = await appOf(secondFactors, ann, START)
  const old = await secondFactors.newRecoveryCodes(ann.id)
  const codes = await secondFactors.newRecoveryCodes(ann.id)
  t.equal(new Set([...old, ...codes]).size, 20)
  for (const code of codes) t.match(code, /^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/)
  const stored = JSON.stringify(await Array.fromAsync(server.app.storage.collection('secondFactors').all()))
  for (const code of codes) t.notOk(stored.includes(code.replace('-', '')), 'only a hash is stored')
  t.equal(await secondFactors.verifyCode(ann.id, old[0]!), undefined)
  t.equal(await secondFactors.recoveryCodesOf(ann.id), 10)
  const tries = await Promise.all([1, 2, 3].map(() => secondFactors.verifyCode(ann.id, codes[0]!)))
  t.equal(
    tries.filter((used) => used === 'recovery code').length,
    1,
    'one of three at once'
  )
  t.equal(await secondFactors.verifyCode(ann.id, codes[0]!), undefined)
  t.equal(await secondFactors.recoveryCodesOf(ann.id), 9)
  const spelled = codes[1]!.toUpperCase().replaceAll('0', 'O').replaceAll('1', 'l').replace('-', ' – ')
  t.equal(await secondFactors.verifyCode(ann.id, spelled), 'recovery code')
  const bob = await userOf(server, 'bob@example.com')
  await appOf(secondFactors, bob, START)
  t.equal(
    await secondFactors.verifyCode(bob.id, codes[2]!),
    undefined,
    'not for somebody else'
  )
  t.equal(
    await secondFactors.verifyCode(ann.id, 'x'.repeat(100_000)),
    undefined
  )
  await secondFactors.remove(ann.id, factor.id)
  t.equal(
    await secondFactors.recoveryCodesOf(ann.id),
    0,
    'they go with the last factor'
  )
  t.equal(await secondFactors.verifyCode(ann.id, codes[2]!), undefined)
})
