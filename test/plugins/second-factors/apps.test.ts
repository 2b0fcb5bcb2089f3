// Authenticator apps: each code counts once. On SQLite and on Redis.
import t from 'tap'
import { createAppCodes } from '../../../plugins/second-factors/apps.ts'
import { createSealing } from '../../../plugins/secrets.ts'
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

t.test("an app that is moved to another person's record gives them no code (SF-07)", async (t) => {
  const codes = await createAppCodes({ sealing: createSealing(['a'.repeat(32), 'b'.repeat(32)]), now: () => START })
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
  const app = { id: 'a', name: 'Phone', addedAt: START, sealed: codes.seal('ann', secret), lastStep: 0 }
  t.match(codes.match('ann', [app], codeAt(secret, START)), { app })
  t.equal(codes.match('bob', [app], codeAt(secret, START)), undefined)
  t.equal(
    codes.match('ann', [{ ...app, lastStep: START / 30 }], codeAt(secret, START)),
    undefined,
    'a code that has counted'
  )
  const old = await createAppCodes({ sealing: createSealing(['c'.repeat(32)]), now: () => START })
  t.equal(
    old.match('ann', [app], codeAt(secret, START)),
    undefined,
    'nor under another key'
  )
})
