// Authenticator apps: each code counts once. On SQLite and on Redis.
import { appOf, codeAt, userOf } from '../../helpers/second-factors.ts'
import { storageTest } from '../../helpers/storages.ts'

const START = 1_800_000_000

storageTest('an app is set up with a code, and each later code counts once (SF-07)', async (t, start) => {
  let now = START
  const { app, config } = await start({ now: () => now })
  const { secondFactors } = app
  const ann = await userOf({ app, config } as never, 'ann@example.com')
  const begun = await secondFactors.beginApp(ann)
  t.match(
    begun.uri,
    /^otpauth:\/\/totp\/MCP%20OAuth%20Server:ann%40example\.com\?/
  )
  t.match(begun.secret, /^[A-Z2-7]{32}$/)
  t.match(begun.qr, /^<svg /)
  const wrong = String((Number(codeAt(begun.secret, now)) + 1) % 1_000_000).padStart(6, '0')
  t.equal(
    await secondFactors.addApp(ann, { state: begun.state, code: wrong, name: 'x' }),
    undefined
  )
  t.strictSame(
    await secondFactors.list(ann.id),
    [],
    'a wrong code sets nothing up'
  )
  const { secret, factor, state } = await appOf(secondFactors, ann, now)
  t.match(factor, { kind: 'app', name: 'Phone', addedAt: now })
  t.equal(
    await secondFactors.addApp(ann, { state, code: codeAt(secret, now), name: 'Twice' }),
    undefined,
    'once'
  )
  const { first: beginning, ...listed } = factor
  t.equal(beginning, factor.id, 'the account had none')
  t.strictSame(await secondFactors.list(ann.id), [listed])
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
