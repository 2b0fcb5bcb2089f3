// What MFA asks of whom, and the bounds of one person. On SQLite and on Redis.
import { Authenticator } from '../../helpers/authenticator.ts'
import { appOf, BROWSER, codeAt, passkeyOf, userOf } from '../../helpers/second-factors.ts'
import { storageTest } from '../../helpers/storages.ts'

const START = 1_800_000_000

storageTest('ten factors at most, and nothing is left of a person who is gone (SF-13)', async (t, start) => {
  const server = await start({ now: () => START })
  const { secondFactors, signIn, storage } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const late = await secondFactors.beginApp(ann)
  for (let count = 0; count < 10; count++) await appOf(secondFactors, ann, START, 'x'.repeat(1_000))
  t.equal((await secondFactors.list(ann.id))[0]!.name.length, 100)
  const tooMany = { code: 'invalid_request', message: /10 second factors already/ }
  await t.rejects(secondFactors.beginApp(ann), tooMany)
  await t.rejects(
    secondFactors.addApp(ann, { state: late.state, code: codeAt(late.secret, START), name: 'x' }),
    tooMany
  )
  await t.rejects(secondFactors.beginPasskey(ann, 'b'), tooMany)
  t.equal((await secondFactors.list(ann.id)).length, 10)
  await signIn.lifecycle.delete(ann.id)
  t.equal(
    await secondFactors.addApp(ann, { state: late.state, code: codeAt(late.secret, START), name: 'x' }),
    undefined
  )
  t.strictSame(
    await Array.fromAsync(storage.collection('secondFactors').all()),
    []
  )
})

storageTest('nothing is added for a person whose sessions have ended meanwhile (SF-14)', async (t, start) => {
  const server = await start({ now: () => START })
  const { secondFactors, signIn } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const before = await passkeyOf(server, ann)
  const app = await secondFactors.beginApp(ann)
  const { options, state } = await secondFactors.beginPasskey(ann, BROWSER)
  const response = new Authenticator(new URL(server.config.publicUrl).origin).create(options)
  await signIn.lifecycle.signOutEverywhere(ann.id)
  t.equal(await secondFactors.addApp(ann, { state: app.state, code: codeAt(app.secret, START), name: 'x' }), undefined)
  t.equal(await secondFactors.addPasskey(ann, BROWSER, { state, response, name: 'x' }), undefined)
  t.strictSame((await secondFactors.list(ann.id)).map(({ id }) => id), [before.factor.id], 'what was there stays')
})

storageTest('MFA decides what a sign-in needs (SF-04)', async (t, start) => {
  for (const [mfa, without, local] of [['off', 'nothing', 'nothing'], ['optional', 'nothing', 'nothing'], ['required', 'nothing', 'enrol']] as const) {
    const server = await start({ now: () => START, env: { MFA: mfa, AUTH_BACKEND: 'demo,local' } })
    const { secondFactors, storage } = server.app
    const ann = await userOf(server, 'ann@example.com')
    t.equal(
      await secondFactors.neededAfter(ann, 'demo', {}),
      without,
      `${mfa}: one click`
    )
    t.equal(
      await secondFactors.neededAfter(ann, 'local', {}),
      local,
      `${mfa}: a password of this server`
    )
    if (mfa === 'off') {
      await t.rejects(secondFactors.beginApp(ann), { code: 'access_denied' })
      await t.rejects(
        secondFactors.beginPasskey(ann, 'b'),
        { code: 'access_denied' }
      )
      await storage.collection('secondFactors').put(ann.id, { handle: '', passkeys: [], apps: [{ id: 'a' }], recoveryCodes: [] }, null)
      t.equal(await secondFactors.neededAfter(ann, 'local', {}), 'nothing')
      continue
    }
    await appOf(secondFactors, ann, START)
    for (const backend of ['demo', 'local', 'gone']) t.equal(await secondFactors.neededAfter(ann, backend, {}), 'verify', `${mfa}: after ${backend}`)
    t.equal(
      await secondFactors.neededAfter(ann, 'local', { secondFactor: true }),
      'nothing',
      'the service has asked for one'
    )
    t.equal(
      await secondFactors.neededAfter(ann, 'local', { passkey: true }),
      'nothing',
      'a passkey is two'
    )
  }
})
