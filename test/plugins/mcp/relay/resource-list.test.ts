// The resources that upstreams list, which any number of callers may ask for at the same time. What is in a list is tested in
// test/plugins/mcp/relay/prompts.test.ts.
import t from 'tap'
import { listOf } from '../../../../plugins/mcp/relay/resource-list.ts'
import { createRelay } from '../../../../plugins/mcp/relay/relay.ts'
import { fakeUpstreams, result } from '../../../helpers/fake-upstreams.ts'

/** As long as an entry may take before everybody else has a turn. */
const LONG_MS = 6

t.test('entries of which each takes long are looked at in turns, one in each, however many lists are read (UC-21)', async (t) => {
  const resources = Array.from({ length: 4 }, (_, number) => ({ uri: `a://${number}`, name: 'x' }))
  const upstreams = fakeUpstreams({ name: 'a', answer: () => result({ resources }) })
  const relay = createRelay(upstreams, { local: false, log: { warn () {} } })
  const request = { access: null, signal: new AbortController().signal }
  const caller = { request, services: { groupsOf: () => [] }, channel: { meta: {}, capabilities: undefined } }
  let turn = 0
  const count = () => { turn++; timer = setImmediate(count) }
  let timer = setImmediate(count)
  t.teardown(() => clearImmediate(timer))
  const turns: number[] = []
  const mayList = () => {
    turns.push(turn)
    for (const until = performance.now() + LONG_MS; performance.now() < until;);
    return true
  }
  const lists = [1, 2, 3].map(() => listOf(upstreams.all[0]!, caller as never, relay, mayList))
  const pages = await Promise.all(lists.map((list) => list(undefined)))
  t.same(pages.map(({ resources }) => resources.length), [4, 4, 4])
  t.equal(new Set(turns).size, 12, 'each in a turn of its own')
})

t.test('the place in one list is none in another, and nobody is asked for it (UC-21)', async (t) => {
  let asked = 0
  const answer = () => {
    asked++
    return result({ resources: [], nextCursor: 'two' })
  }
  const upstreams = fakeUpstreams({ name: 'a', answer }, { name: 'b', answer })
  const relay = createRelay(upstreams, { local: false, log: { warn () {} } })
  const request = { access: null, signal: new AbortController().signal }
  const caller = { request, services: { groupsOf: () => [] }, channel: { meta: {}, capabilities: undefined } }
  const [a, b] = upstreams.all.map((upstream) => listOf(upstream, caller as never, relay, () => true))
  const { next } = await a!(undefined)
  t.equal((await a!(next)).next, next)
  t.equal(asked, 2)
  for (const wrong of [next!, 'two', '', ' two', 'B two', 'bb two']) {
    await t.rejects(b!(wrong), { code: -32602 }, wrong)
  }
  t.equal(asked, 2)
})

t.test('a list waits for an upstream for five seconds at most, and less where it has less (UC-21)', async (t) => {
  const waited: number[] = []
  for (const timeoutMs of [100, 4_999, 5_000, 5_001, 25_000]) {
    const [upstream] = fakeUpstreams({ name: 'a', timeoutMs }).all
    const relay = {
      async send (asked: { timeoutMs: number }) {
        waited.push(asked.timeoutMs)
        return { resources: [] }
      }
    }
    const request = { access: null, signal: new AbortController().signal }
    const caller = { request, services: { groupsOf: () => [] }, channel: { meta: {}, capabilities: undefined } }
    t.same(
      await listOf(upstream!, caller as never, relay as never, () => true)(undefined),
      { resources: [] }
    )
  }
  t.same(waited, [100, 4_999, 5_000, 5_000, 5_000])
})
