// An answer of a person that arrives at another instance than the one that has the request open.
import { ProtocolError } from '@modelcontextprotocol/client'
import type { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import t, { type Test } from 'tap'
import { createLocalEventBus } from '../../../plugins/event-bus.ts'
import { createSealing } from '../../../plugins/secrets.ts'
import { createElsewhere, type Elsewhere } from '../../../plugins/upstreams/elsewhere.ts'
import { until } from '../../helpers/until.ts'
import { callerOf, callOf, exchangeOf, settingsOf, startUpstream } from '../../helpers/memory-upstream.ts'

const bus = createLocalEventBus()
const sealing = createSealing(['a secret key of two instances'])

const asking = (server: McpServer) => {
  server.registerTool('ask', { inputSchema: z.object({}) }, async () => {
    const requestedSchema = { type: 'object' as const, properties: { which: { type: 'string' as const } } }
    const { action, content } = await server.server.elicitInput({ message: 'Which?', requestedSchema })
    return { content: [{ type: 'text', text: `${action} ${JSON.stringify(content)}` }] }
  })
  server.registerTool('fail', { inputSchema: z.object({}) }, async () => {
    await server.server.elicitInput({ message: 'Sure?', requestedSchema: { type: 'object', properties: {} } })
    await server.close()
    return { content: [] }
  })
}

async function startInstance (t: Test, key = sealing) {
  const here: { elsewhere?: Elsewhere } = {}
  const started = await startUpstream(t, asking, {
    settings: settingsOf({}, 'per-user'),
    elsewhere: { ask: (...asked) => here.elsewhere!.ask(...asked) }
  })
  here.elsewhere = createElsewhere(bus, key, ({ state, caller, responses }, signal) =>
    started.upstream.resume(state, exchangeOf({ caller, signal, retry: { state, responses } }))
  )
  t.teardown(() => here.elsewhere!.close())
  return started
}

async function askAt ({ upstream }: Awaited<ReturnType<typeof startInstance>>, tool: string) {
  const asked = await upstream.request(callOf(tool), exchangeOf())
  if (asked.kind !== 'questions') throw new Error('no question')
  const [name] = Object.keys(asked.requests) as [string]
  return { state: asked.state, responses: { [name]: { action: 'accept', content: { which: 'this' } } } }
}

const outcome = (call: Promise<unknown>) => call.catch((error: unknown) => error)

t.test('the request goes on where it is open, and its result is handed back', async (t) => {
  const [first, second] = [await startInstance(t), await startInstance(t)]
  const retry = await askAt(first, 'ask')
  const answered = await second.upstream.request(callOf('ask'), exchangeOf({ retry }))
  t.match(answered, { kind: 'result', result: { content: [{ text: 'accept {"which":"this"}' }] } })
  t.equal(second.opened.length, 0, 'nothing was started for it')
})

t.test('nobody continues the request of another person (UP-03)', async (t) => {
  const [first, second] = [await startInstance(t), await startInstance(t)]
  const retry = await askAt(first, 'ask')
  const call = second.upstream.request(callOf('ask'), exchangeOf({ caller: callerOf('bob'), retry }))
  t.match(await outcome(call), { name: 'UpstreamError', fault: 'ended' })
  t.match(await second.upstream.request(callOf('ask'), exchangeOf({ retry })), { kind: 'result' }, 'it is still open')
})

t.test('what fails there fails here in the same words', async (t) => {
  const [first, second] = [await startInstance(t), await startInstance(t)]
  const call = second.upstream.request(callOf('fail'), exchangeOf({ retry: await askAt(first, 'fail') }))
  t.match(await outcome(call), { name: 'UpstreamError', fault: 'ended', wasSent: true })
})

t.test('an instance with another secret key neither reads nor answers (UP-03)', async (t) => {
  const [first, stranger] = [await startInstance(t), await startInstance(t, createSealing(['another secret key of a server']))]
  const call = stranger.upstream.request(callOf('ask'), exchangeOf({ retry: await askAt(first, 'ask') }))
  t.match(await outcome(call), { name: 'UpstreamError', fault: 'ended', message: /no longer open/ })
})

t.test('what cannot be handed back is refused with its reason: too large, a refusal, a fault, or nothing', async (t) => {
  const asked = { upstream: 'crm', state: 'x', caller: undefined, responses: {} }
  const huge = { kind: 'result', result: { text: 'x'.repeat(2_000_000) } } as const
  for (const [what, going, seen] of [
    ['too large', async () => huge, { fault: 'malformed', message: /too large for another instance/, wasSent: true }],
    ['refused', () => Promise.reject(new ProtocolError(7, 'no', { a: 1 })), { code: 7, message: 'no', data: { a: 1 } }],
    ['failed', () => Promise.reject(new Error('broken')), { name: 'UpstreamError', fault: 'failed', message: /broken/ }],
    ['nothing', () => new Promise<never>(() => {}), { fault: 'timeout', message: /another instance did not answer/ }]
  ] as const) {
    const here = createElsewhere(bus, sealing, () => undefined)
    const there = createElsewhere(bus, sealing, going)
    t.teardown(() => [here, there].forEach((each) => each.close()))
    t.match(await outcome(here.ask(asked, new AbortController().signal, 1)), seen, what)
    here.close()
    there.close()
  }
})

t.test('for a caller who has gone nothing goes on elsewhere', async (t) => {
  const signals: AbortSignal[] = []
  const here = createElsewhere(bus, sealing, () => undefined)
  const there = createElsewhere(bus, sealing, (_asked, signal) => {
    signals.push(signal)
    return new Promise(() => {})
  })
  t.teardown(() => [here, there].forEach((each) => each.close()))
  const caller = new AbortController()
  const call = here.ask({ upstream: 'crm', state: 'x', caller: undefined, responses: {} }, caller.signal, 1)
  t.ok(await until(() => signals.length === 1))
  caller.abort(new Error('the browser was closed'))
  t.match(await outcome(call), { message: 'the browser was closed' })
  t.ok(await until(() => signals[0]!.aborted))
})

t.test('whoever has gone before it is asked is not waited for, and nothing goes on', async (t) => {
  const published: unknown[] = []
  const quiet = { publish: (topic: string) => published.push(topic), subscribe: () => () => {} }
  const elsewhere = createElsewhere(quiet as never, sealing, () => undefined)
  const gone = AbortSignal.abort(new Error('gone'))
  const asked = { upstream: 'x', state: 's', caller: callerOf('ann'), responses: {} }
  await t.rejects(elsewhere.ask(asked, gone, 1_000), { message: 'gone' })
  t.same(published, [])
})
