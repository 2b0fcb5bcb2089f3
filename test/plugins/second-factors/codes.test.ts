// Codes of authenticator apps, and recovery codes: each counts once, and nobody guesses one. On SQLite and on Redis.
import { appOf, codeAt, userOf } from '../../helpers/second-factors.ts'
import { storageTest } from '../../helpers/storages.ts'

const START = 1_800_000_000

storageTest('an app is set up with a code, and each later code counts once (SF-07)', async (t, start) => {
  let now = START
  const { app, config } = await start({ now: () => now })
  const { secondFactors } = app
  const ann = await userOf({ app, config } as never, 'ann@example.com')
  const begun = await secondFactors.beginApp(ann)
  t.match(begun.uri, /^otpauth:\/\/totp\/MCP%20OAuth%20Server:ann%40example\.com\?/)
  t.match(begun.secret, /^[A-Z2-7]{32}$/)
  t.match(begun.qr, /^<svg /)
  const wrong = String((Number(codeAt(begun.secret, now)) + 1) % 1_000_000).padStart(6, '0')
  t.equal(
    await secondFactors.addApp(ann, { state: begun.state, code: wrong, name: 'x' }),
    undefined
  )
  t.strictSame(await secondFactors.list(ann.id), [], 'a wrong code sets nothing up')
  const { secret, factor, state } = await appOf(secondFactors, ann, now)
  t.match(factor, { kind: 'app', name: 'Phone', addedAt: now })
  t.equal(
    await secondFactors.addApp(ann, { state, code: codeAt(secret, now), name: 'Twice' }),
    undefined,
    'once'
  )
  t.strictSame(await secondFactors.list(ann.id), [factor])
  t.notMatch(
    JSON.stringify(await Array.fromAsync(app.storage.collection('secondFactors').all())),
    secret,
    'its secret is sealed'
  )

  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    undefined,
    'the code that set it up does not sign in'
  )
  now += 30
  const [first, second] = await Promise.all([1, 2].map(() => secondFactors.verifyCode(ann.id, codeAt(secret, now))))
  t.strictSame([first, second].sort(), ['app', undefined], 'one of two at once')
  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    undefined,
    'and not again'
  )
  now += 60
  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now - 60)),
    undefined,
    'too old'
  )
  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now + 60)),
    undefined,
    'too early'
  )
  const late = codeAt(secret, now - 30)
  t.equal(
    await secondFactors.verifyCode(ann.id, ` ${late.slice(0, 3)} ${late.slice(3)}`),
    'app',
    'one step late, and spaced'
  )
  const early = [...codeAt(secret, now + 30)].map((digit) => String.fromCharCode(0xff10 + Number(digit))).join('')
  t.equal(
    await secondFactors.verifyCode(ann.id, early),
    'app',
    'one step early, in wide digits'
  )
  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    undefined,
    'never an earlier step than the last'
  )
  const bob = await userOf({ app, config } as never, 'bob@example.com')
  t.equal(
    await secondFactors.verifyCode(bob.id, codeAt(secret, now + 30)),
    undefined,
    'not for somebody else'
  )
})

storageTest('wrong codes make the next wait longer, a recovery code or a day’s rest help (SF-05)', async (t, start) => {
  let now = START
  const server = await start({ now: () => now })
  const { secondFactors } = server.app
  const ann = await userOf(server, 'ann@example.com')
  const { secret } = await appOf(secondFactors, ann, now)
  const [recovery] = await secondFactors.newRecoveryCodes(ann.id)
  now += 60
  const right = new Set([-30, 0, 30].map((seconds) => codeAt(secret, now + seconds)))
  const wrong = ['000000', '000001', '000002', '000003'].find((code) => !right.has(code))!
  for (let tries = 0; tries < 5; tries++) t.equal(await secondFactors.verifyCode(ann.id, wrong), undefined)
  const record = () => server.app.storage.collection('secondFactors').find(ann.id)
  const before = await record()
  await t.rejects(
    secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    { code: 'too_many_requests', message: /Wait 30 seconds/ }
  )
  t.strictSame(
    await record(),
    before,
    'what is sent meanwhile counts as nothing, right or wrong'
  )
  for (const [wait, next] of [[30, 60], [60, 120], [120, 240]] as const) {
    now += wait
    t.equal(await secondFactors.verifyCode(ann.id, wrong), undefined)
    await t.rejects(
      secondFactors.verifyCode(ann.id, wrong),
      { code: 'too_many_requests', message: new RegExp(`Wait ${next} seconds`) }
    )
  }
  t.equal(
    await secondFactors.verifyCode(ann.id, recovery!),
    'recovery code',
    'nobody is locked out'
  )
  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    'app',
    'and guesses count from the beginning'
  )
  for (let tries = 0; tries < 40; tries++, now += 3_600) {
    t.equal(
      await secondFactors.verifyCode(ann.id, '99999x'),
      undefined,
      'what is no code is no guess'
    )
    await secondFactors.verifyCode(ann.id, wrong).catch(() => {})
  }
  now += 1
  t.equal(
    await secondFactors.verifyCode(ann.id, codeAt(secret, now)),
    'app',
    'an hour at most'
  )
})

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
  t.equal(await secondFactors.verifyCode(ann.id, 'x'.repeat(100_000)), undefined)
  await secondFactors.remove(ann.id, factor.id)
  t.equal(await secondFactors.recoveryCodesOf(ann.id), 0, 'they go with the last factor')
  t.equal(await secondFactors.verifyCode(ann.id, codes[2]!), undefined)
})

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
  t.strictSame(await Array.fromAsync(storage.collection('secondFactors').all()), [])
})

storageTest('MFA decides what a sign-in needs (SF-04)', async (t, start) => {
  for (const [mfa, without, local] of [['off', 'nothing', 'nothing'], ['optional', 'nothing', 'nothing'], ['required', 'nothing', 'enrol']] as const) {
    const server = await start({ now: () => START, env: { MFA: mfa, AUTH_BACKEND: 'demo,local' } })
    const { secondFactors, storage } = server.app
    const ann = await userOf(server, 'ann@example.com')
    t.equal(await secondFactors.neededAfter(ann, 'demo', {}), without, `${mfa}: one click`)
    t.equal(
      await secondFactors.neededAfter(ann, 'local', {}),
      local,
      `${mfa}: a password of this server`
    )
    if (mfa === 'off') {
      await t.rejects(secondFactors.beginApp(ann), { code: 'access_denied' })
      await t.rejects(secondFactors.beginPasskey(ann, 'b'), { code: 'access_denied' })
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
