// A connection that takes no more requests ends with the last of those that it has.
import t from 'tap'
import { OpenConnection } from '../../../../plugins/upstreams/connections/connection.ts'
import { callOf, exchangeOf } from '../../../helpers/memory-upstream.ts'

function connect () {
  const answer = Promise.withResolvers<object>()
  let closed = 0
  const client = {
    setNotificationHandler () {},
    getServerCapabilities: () => ({}),
    getProtocolEra: () => 'legacy',
    request: () => answer.promise,
    close: async () => { closed++ }
  }
  const connection = new OpenConnection({
    client,
    upstream: 'files',
    timeoutMs: 5_000,
    mayAsk: false,
    isHttp: false,
    isPersonal: true,
    hidden: [],
    waiting: new Map(),
    log: { warn () {} },
    say () {},
    toError: (error: unknown) => error
  } as never)
  const ask = () => connection.request(callOf('x'), exchangeOf(), { timeoutMs: 5_000, spentMs: 0, meta: {}, headers: undefined } as never)
  return { connection, answer, ask, closed: () => closed }
}

t.test('it ends at once where nothing runs, and otherwise with the last answer or failure', async (t) => {
  const idle = connect()
  idle.connection.retire()
  t.equal(idle.closed(), 1)
  for (const fails of [false, true]) {
    const { connection, answer, ask, closed } = connect()
    const asked = [ask(), ask()]
    connection.retire()
    t.same([closed(), connection.inFlight], [0, 2])
    if (fails) answer.reject(new Error('broken'))
    else answer.resolve({ content: [] })
    await Promise.allSettled(asked)
    t.same([closed(), connection.inFlight], [1, 0], String(fails))
  }
})
