// What a page asks for, of the second factors that a person has.
import t from 'tap'
import type { Factor } from '../../../plugins/second-factors/contract.ts'
import { askForOwnPasskey, describeNewApp } from '../../../plugins/second-factors/shown.ts'

t.test('a passkey is asked for where the person has one that works here, and by its owner alone', async (t) => {
  const asked: string[][] = []
  const secondFactors = {
    async askForPasskey (...who: string[]) {
      asked.push(who)
      return { options: { challenge: 'c' }, state: 's' }
    }
  } as never
  const [app, passkey, ofBefore] = [{ kind: 'app' }, { kind: 'passkey' }, { kind: 'passkey', madeFor: 'old.example.com' }] as unknown as Factor[]
  const ask = (...factors: Array<Factor | undefined>) => askForOwnPasskey(secondFactors, 'browser', 'ann', factors as Factor[])
  for (const factors of [[],
    [app],
    [ofBefore],
    [app, ofBefore]]) t.equal(await ask(...factors), undefined)
  t.same(asked, [])
  for (const factors of [[passkey], [app, ofBefore, passkey]]) {
    t.same(
      await ask(...factors),
      { state: 's', options: '{"challenge":"c"}' }
    )
    t.same(asked.pop(), ['browser', 'ann'])
  }
})

t.test('the secret of a new app is shown in groups of four', async (t) => {
  t.match(
    describeNewApp({ state: 's', secret: 'ABCDEFGHIJ', uri: 'otpauth://x', qr: '<svg />' }),
    { secret: 'ABCD EFGH IJ', qr: 'PHN2ZyAvPg==' }
  )
})
