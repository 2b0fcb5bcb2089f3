// Each open stream ends soon after what allowed it.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'
import { checkRegularly, createCheck } from '../../../../plugins/mcp/streams/checks.ts'
import type { OpenStream } from '../../../../plugins/mcp/streams/contract.ts'
import { until } from '../../../helpers/until.ts'
import { accessOf, openStreams } from './open.ts'

t.test(
  'a stream ends with its token and with its grant; while storage is away, after ten seconds',
  async (t) => {
    let answer: () => boolean | Promise<boolean> = () => true
    const { add, ended, pass } = openStreams(t, ({ grantId }) => (grantId === 'g1' ? answer() : true))
    const within = async (what: string[]) => {
      for (let waited = 0; waited < 5_000 && ended.length < what.length; waited += 50) await delay(50)
      t.strictSame(ended.splice(0), what)
    }
    add('nobody', null)
    add('token', accessOf('ann', 'g2'), 1_005)
    add('grant', accessOf('bob', 'g1'))
    pass(5)
    await within(['token: The access token has expired'])
    answer = async () => false
    await within(['grant: The connection of this app has ended'])
    for (const away of [
      () => {
        throw new StorageUnavailable('away')
      },
      async () => {
        throw new StorageUnavailable('away')
      }
    ]) {
      answer = away
      add('doubt', accessOf('bob', 'g1'))
      pass(9)
      await delay(1_200)
      t.strictSame(ended, [], 'a storage that is away for a moment ends nothing')
      pass(1)
      await within(['doubt: The storage of this server does not answer'])
    }
  }
)

t.test('while storage is away, a check by a clock that had leapt ahead keeps no stream open (SG-12)', async (t) => {
  const ended: OpenStream[] = []
  const stream = { access: accessOf('ann', 'g'), address: undefined, until: Infinity, end () {} }
  const open = new Map<OpenStream, number>([[stream, 1_000 + 366 * 86_400]])
  const away = () => {
    throw new StorageUnavailable('away')
  }
  const check = createCheck(open, (one) => ended.push(one), () => 1_000, away)
  await check(stream)
  t.same(ended.length, 1)
})

t.test('one that cannot be checked ends alone, and the others are checked on (SG-29)', async (t) => {
  const streamOf = (user: string): OpenStream => ({
    access: accessOf(user, user),
    address: undefined,
    until: Infinity,
    end () {}
  })
  const [odd, other] = [streamOf('ann'), streamOf('bob')]
  const open = new Map([[odd, 0], [other, 0]])
  const checked: OpenStream[] = []
  const checkRights = (stream: OpenStream) => {
    if (stream === odd) throw new TypeError('odd')
    checked.push(stream)
  }
  const end = (stream: OpenStream) => { open.delete(stream) }
  const stop = checkRegularly(open, () => undefined, checkRights, end)
  t.teardown(stop)
  await until(() => checked.length > 1)
  t.same([...open.keys()], [other])
  t.same(new Set(checked), new Set([other]))
})
