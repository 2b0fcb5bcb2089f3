// Whose connection a request takes, what an upstream can ask and say, and what happens when a connection is lost.
import { setTimeout as sleep } from 'node:timers/promises'
import { InMemoryTransport, type Transport } from '@modelcontextprotocol/client'
import { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import t, { type Test } from 'tap'
import { UpstreamError, type Answered } from '../../../plugins/upstreams/contract.ts'
import { callerOf, callOf, exchangeOf, settingsOf, startUpstream } from '../../helpers/memory-upstream.ts'
import { until } from '../../helpers/until.ts'

const rejects = async (t: Test, call: Promise<unknown>, expected: object) =>
  t.match(await call.then(() => 'answered', (error: unknown) => error), expected)

const text = (text: string) => ({ content: [{ type: 'text' as const, text }] })
const resultOf = (answered: Answered): Record<string, unknown> => (answered.kind === 'result' ? answered.result : {})
const textOf = (answered: Answered) => (resultOf(answered)['content'] as Array<{ text: string }>)[0]!.text

const whoami = (server: McpServer, caller: string | undefined) => {
  server.registerTool('whoami', { inputSchema: z.object({}) }, (_args, { mcpReq }) =>
    text(`${caller} ${JSON.stringify(mcpReq._meta)}`))
}

t.test('people who share a process are told apart by what each request carries (UP-05)', async (t) => {
  const { upstream, opened } = await startUpstream(t, whoami)
  const answers = await Promise.all(
    ['ann', 'bob'].map(async (id) => textOf(await upstream.request(callOf('whoami'), exchangeOf({ caller: callerOf(id) }))))
  )
  t.same(answers, ['ann', 'bob'].map((id) => `undefined {"example.com/caller":"${id}"}`))
  t.equal(opened.length, 1)
})

t.test('each person has a process of their own where the operator says so (UP-05)', async (t) => {
  const { upstream, opened } = await startUpstream(t, whoami, { settings: settingsOf({}, 'per-user') })
  for (const id of ['ann', 'bob', 'ann']) {
    t.match(textOf(await upstream.request(callOf('whoami'), exchangeOf({ caller: callerOf(id) }))), id)
  }
  t.same(opened.map(({ caller }) => caller), ['ann', 'bob'])
})

const asking = (server: McpServer) => {
  server.registerTool('ask', { inputSchema: z.object({}) }, async () => {
    const { action, content } = await server.server.elicitInput({
      message: 'Which?',
      requestedSchema: { type: 'object', properties: { which: { type: 'string' } } }
    })
    return text(`${action} ${JSON.stringify(content ?? null)}`)
  })
}

t.test('a question ends the answer, and the same call goes on with what the person said (UP-03)', async (t) => {
  const { upstream } = await startUpstream(t, asking, { settings: settingsOf({}, 'per-user') })
  const asked = await upstream.request(callOf('ask'), exchangeOf())
  if (asked.kind !== 'questions') throw new Error('no question')
  const [name] = Object.keys(asked.requests) as [string]
  t.match(asked.requests[name], { method: 'elicitation/create', params: { message: 'Which?' } })
  const responses = { [name]: { action: 'accept', content: { which: 'this' } } }
  const retry = { state: asked.state, responses }
  await rejects(t, upstream.request(callOf('ask'), exchangeOf({ caller: callerOf('bob'), retry })), { fault: 'ended', wasSent: false })
  t.equal(textOf(await upstream.request(callOf('ask'), exchangeOf({ retry }))), 'accept {"which":"this"}')
  await rejects(t, upstream.request(callOf('ask'), exchangeOf({ retry })), { fault: 'ended' })
})

t.test('a process that several share cannot ask, since nothing says whom (UP-04)', async (t) => {
  const { upstream } = await startUpstream(t, asking)
  const answered = await upstream.request(callOf('ask'), exchangeOf())
  t.equal(answered.kind, 'result')
  t.match(resultOf(answered), { isError: true })
})

t.test('a question of thousands of fields is declined at little cost (BW-10)', async (t) => {
  const properties = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`f${index}`, {}]))
  let spent = Infinity
  const { upstream } = await startUpstream(t, (server) => {
    server.registerTool('flood', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
      const before = process.cpuUsage()
      const params = { message: '', requestedSchema: { type: 'object', properties } }
      const { action } = await mcpReq.send({ method: 'elicitation/create', params }, z.object({ action: z.string() }))
      spent = process.cpuUsage(before).user / 1000
      return text(action)
    })
  }, { settings: settingsOf({}, 'per-user') })
  t.equal(textOf(await upstream.request(callOf('flood'), exchangeOf())), 'decline')
  t.ok(spent < 100, `${spent} ms`)
})

t.test('progress and log lines reach the one caller whose request runs (UP-04)', async (t) => {
  const { upstream } = await startUpstream(
    t,
    (server) => {
      server.registerTool('work', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken
        if (progressToken !== undefined) {
          await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1, total: 2 } })
        }
        await mcpReq.log('info', { step: 1 })
        return text('done')
      })
    },
    { settings: settingsOf({}, 'per-user') }
  )
  const seen: unknown[] = []
  const exchange = exchangeOf({ progress: (progress) => seen.push(progress), log: (...line) => seen.push(line) })
  t.equal(textOf(await upstream.request(callOf('work'), exchange)), 'done')
  t.same(seen, [{ progress: 1, total: 2 }, ['info', '{"step":1}']])
})

t.test('a caller who has gone has the call cancelled at the upstream', async (t) => {
  let cancelled: unknown
  const { upstream } = await startUpstream(t, (server) => {
    server.registerTool('wait', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
      await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve))
      cancelled = true
      return text('never')
    })
  })
  const leaving = new AbortController()
  const call = upstream.request(callOf('wait'), exchangeOf({ signal: leaving.signal }))
  await sleep(20)
  leaving.abort(new Error('gone'))
  await t.rejects(call)
  await until(() => cancelled === true)
})

t.test('one that takes too long is given up, told so, and counted', async (t) => {
  const { upstream, calls } = await startUpstream(
    t,
    (server) => {
      server.registerTool('wait', { inputSchema: z.object({}) }, () => new Promise(() => {}))
    },
    { settings: settingsOf({ timeoutMs: 50 }) }
  )
  await rejects(t, upstream.request(callOf('wait'), exchangeOf()), { name: 'UpstreamError', fault: 'timeout', wasSent: true })
  t.match(calls, [{ upstream: 'files', method: 'tools/call', outcome: 'timeout' }])
})

t.test('what the upstream refuses is passed on in its own words', async (t) => {
  const { upstream, calls } = await startUpstream(t, whoami)
  await rejects(t, upstream.request(callOf('nothing'), exchangeOf()), { code: -32602 })
  t.match(calls, [{ outcome: 'ok' }])
})

t.test('a process that dies in a call fails that call, and the next one starts another', async (t) => {
  const { upstream, opened } = await startUpstream(t, (server, caller) => {
    whoami(server, caller)
    server.registerTool('die', { inputSchema: z.object({}) }, async () => {
      await opened.at(-1)!.end()
      return text('never')
    })
  })
  await rejects(t, upstream.request(callOf('die'), exchangeOf()), { fault: 'ended', wasSent: true })
  t.match(textOf(await upstream.request(callOf('whoami'), exchangeOf())), 'ann')
  t.equal(opened.length, 2)
})

t.test('one that does not start is said to be failing, and is not started for each call', async (t) => {
  let starts = 0
  const { upstream } = await startUpstream(t, whoami, {
    beforeOpen () {
      starts++
      throw new Error('no such program')
    }
  })
  for (let call = 1; call <= 5; call++) {
    await rejects(t, upstream.request(callOf('whoami'), exchangeOf()), { name: 'UpstreamError', wasSent: false })
  }
  t.equal(starts, 2, 'at once, once more, and then with a pause')
  t.match(upstream.status(), { state: 'failing', fault: /no such program/, connections: 0 })
})

t.test('one person holds at most their share of the open requests', async (t) => {
  const { upstream } = await startUpstream(t, (server, caller) => {
    whoami(server, caller)
    server.registerTool('wait', { inputSchema: z.object({}) }, () => new Promise(() => {}))
  })
  const leaving = new AbortController()
  const held = Array.from({ length: 20 }, () => upstream.request(callOf('wait'), exchangeOf({ signal: leaving.signal })))
  for (const call of held) call.catch(() => {})
  await rejects(t, upstream.request(callOf('whoami'), exchangeOf()), { fault: 'busy', wasSent: false })
  t.ok(await upstream.request(callOf('whoami'), exchangeOf({ caller: callerOf('bob') })))
  leaving.abort(new Error('gone'))
  await Promise.allSettled(held)
  t.ok(await upstream.request(callOf('whoami'), exchangeOf()))
})

t.test('its lists are read at the start, and again when it says that they changed', async (t) => {
  let read = 0
  const { upstream, opened, changes } = await startUpstream(t, whoami, {
    readCatalogue: async () => ({
      tools: [], prompts: [], templates: [], hasResources: false, instructions: `read ${++read}`, uris: []
    })
  })
  await upstream.start()
  await until(() => changes.length === 1)
  opened[0]!.server.sendToolListChanged()
  await until(() => changes.length === 2)
  t.equal(upstream.catalogue.instructions, 'read 2')
  t.same(changes, Array.from({ length: 2 }, () => ({ kind: 'lists', upstream: 'files' })))
})

t.test('a question that nothing says for whom it is takes one line of the log, however often it is asked', async (t) => {
  const { upstream, opened, lines } = await startUpstream(t, whoami, { settings: settingsOf({}, 'per-user') })
  await upstream.request(callOf('whoami'), exchangeOf())
  const params = { message: 'Which?', requestedSchema: { type: 'object' as const, properties: {} } }
  for (let asked = 1; asked <= 3; asked++) {
    t.match(await opened[0]!.server.server.elicitInput(params), { action: 'decline' })
  }
  t.equal(lines.filter((line) => line.includes('declined')).length, 1)
})

t.test('one request that is lost does not end those of others over the same connection', async (t) => {
  const held = Promise.withResolvers<void>()
  const { upstream } = await startUpstream(t, whoami, {
    openTransport () {
      const [ours, theirs] = InMemoryTransport.createLinkedPair()
      const server = new McpServer({ name: 'upstream', version: '1' })
      server.registerTool('wait', { inputSchema: z.object({}) }, () => held.promise.then(() => text('waited')))
      const send = ours.send.bind(ours)
      ours.send = async (message, ...more) => {
        const isLost = 'params' in message && message.params?.['name'] === 'lost'
        if (isLost) throw new UpstreamError('files', 'ended', 'closed the connection before it answered')
        await send(message, ...more)
      }
      const start = ours.start.bind(ours)
      ours.start = async () => {
        await server.connect(theirs)
        await start()
      }
      return ours as Transport
    }
  })
  const waiting = upstream.request(callOf('wait'), exchangeOf({ caller: callerOf('bob') }))
  await sleep(20)
  await rejects(t, upstream.request(callOf('lost'), exchangeOf()), { fault: 'ended', wasSent: true })
  held.resolve()
  t.equal(textOf(await waiting), 'waited')
})
