// How many questions wait for the people they are for, and what callers are told while an upstream works.
import type { McpServer } from '@modelcontextprotocol/server'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { z } from 'zod'
import type { UpstreamSettings } from '../../../../config/upstreams.ts'
import { MAX_SOCKETS } from '../../../../plugins/upstreams/http/index.ts'
import { callerOf, callOf, exchangeOf, settingsOf, startUpstream } from '../../../helpers/memory-upstream.ts'
import { faultOf } from '../../../helpers/upstream-over-http.ts'

const asking = (server: McpServer) => {
  server.registerTool('ask', { inputSchema: z.object({}) }, async () => {
    const { action } = await server.server.elicitInput({
      message: 'Which?',
      requestedSchema: { type: 'object', properties: {} }
    })
    return { content: [{ type: 'text' as const, text: action }] }
  })
}

const target = { kind: 'http' as const, url: 'https://crm.example/mcp', headers: {} }
const overHttp = settingsOf({ identity: 'token', target })

async function startAsking (t: Test, settings: UpstreamSettings) {
  const { upstream } = await startUpstream(t, asking, { settings })
  let apps = 0
  const ask = async (id: string) => {
    const caller = { ...callerOf(id), clientId: `app ${++apps}` }
    const { kind } = await upstream.request(callOf('ask'), exchangeOf({ caller }))
    return kind === 'questions'
  }
  return { upstream, ask }
}

t.test('over HTTP each that waits holds a socket: half of these are left for what people answer, and for others (UP-10)', async (t) => {
  const { ask } = await startAsking(t, overHttp)
  for (let time = 1; time <= 5; time++) t.ok(await ask('ann'))
  t.notOk(await ask('ann'), 'the sixth')
  for (let waiting = 5; waiting < MAX_SOCKETS / 4; waiting++) {
    t.ok(await ask(`one of five ${Math.floor(waiting / 5)}`))
  }
  for (let waiting = MAX_SOCKETS / 4; waiting < MAX_SOCKETS / 2; waiting++) {
    t.ok(await ask(`late ${waiting}`))
  }
  t.notOk(await ask('too late'))
})

t.test('a large message counts until its question is answered, or given up (OW-26)', async (t) => {
  const { upstream } = await startAsking(t, overHttp)
  let users = 1
  const large = { keep: () => { users++ }, done: () => { users-- } }
  const { kind } = await upstream.request(callOf('ask'), exchangeOf({ large }))
  t.equal(kind, 'questions')
  large.done()
  t.equal(users, 1)
  await upstream.close()
  t.equal(users, 0)
})

t.test('of one person five questions to processes wait; once fifty of all wait, one; and a hundred of all (UP-10)', async (t) => {
  const { ask } = await startAsking(t, settingsOf({ identity: 'token' }, 'per-user'))
  for (let time = 1; time <= 5; time++) t.ok(await ask('ann'))
  t.notOk(await ask('ann'), 'the sixth')
  for (let waiting = 5; waiting < 49; waiting++) {
    t.ok(await ask(`one of five ${Math.floor(waiting / 5)}`))
  }
  t.ok(await ask('bob'), 'the fiftieth')
  t.notOk(await ask('bob'), 'the second of a person who comes late')
  for (let waiting = 50; waiting < 100; waiting++) t.ok(await ask(`late ${waiting}`))
  t.notOk(await ask('too late'))
})

t.test('a secret of the file that an upstream repeats in its log lines or progress reaches no caller (UH-35)', async (t) => {
  const { upstream } = await startUpstream(
    t,
    (server) => {
      server.registerTool('work', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
        const progressToken = mcpReq._meta!.progressToken!
        const message = 'GET https://api.example.com?key=s3cret-key'
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 1, message } })
        await mcpReq.log('info', { headers: { authorization: 'Bearer s3cret-key' } })
        return { content: [] }
      })
    },
    { settings: settingsOf({ secrets: ['s3cret-key'] }, 'per-user') }
  )
  const seen: unknown[] = []
  const exchange = exchangeOf({ progress: (progress) => seen.push(progress), log: (...line) => seen.push(line) })
  await upstream.request(callOf('work'), exchange)
  t.same(seen, [
    { progress: 1, message: 'GET https://api.example.com?key=[secret]' },
    ['info', '{"headers":{"authorization":"Bearer [secret]"}}']
  ])
})

t.test('what a process says, asks or may ask is of one person only where it is theirs alone (UP-10)', async (t) => {
  for (const [process, isTheirs] of [['per-user', true],
    ['shared', false]] as const) {
    const lines: string[] = []
    const { upstream } = await startUpstream(
      t,
      (server) => {
        asking(server)
        server.registerTool('can', { inputSchema: z.object({}) }, async (_args, { mcpReq }) => {
          await mcpReq.log('info', 'a line')
          return { content: [{ type: 'text' as const, text: JSON.stringify(server.server.getClientCapabilities() ?? {}) }] }
        })
      },
      { settings: settingsOf({}, process) }
    )
    const can = await upstream.request(callOf('can'), exchangeOf({ log: (_level, line) => lines.push(line) }))
    t.equal(
      JSON.stringify(can).includes('elicitation'),
      isTheirs,
      `${process}: what it is told that it may`
    )
    t.same(lines, isTheirs ? ['a line'] : [], `${process}: its lines`)
    if (isTheirs) t.match(await upstream.request(callOf('ask'), exchangeOf()), { kind: 'questions' })
    else t.match(await upstream.request(callOf('ask'), exchangeOf()), { kind: 'result' }, 'nobody is asked')
    await upstream.close()
  }
})

t.test('whoever has gone while log lines are asked for has nothing done (UH-47)', async (t) => {
  const called: string[] = []
  const answering = Promise.withResolvers<Record<string, never>>()
  const { upstream } = await startUpstream(t, (server) => {
    server.registerTool('pay', { inputSchema: z.object({}) }, async () => {
      called.push('pay')
      return { content: [] }
    })
    server.server.setRequestHandler('logging/setLevel', () => answering.promise)
  }, { settings: settingsOf({ identity: 'token' }, 'per-user') })
  const caller = new AbortController()
  const gone = faultOf(upstream.request(callOf('pay'), exchangeOf({ signal: caller.signal, log () {} })))
  await sleep(50)
  caller.abort(new Error('locked'))
  answering.resolve({})
  t.match(await gone, { fault: 'timeout', wasSent: false })
  t.match(await faultOf(upstream.request(callOf('pay'), exchangeOf({ signal: AbortSignal.abort() }))), { wasSent: false })
  await sleep(50)
  t.same(called, [])
})

t.test('what is left of the time is what the upstream has, also after it was told of log lines (UH-47)', async (t) => {
  const { upstream } = await startUpstream(t, (server) => {
    server.registerTool('wait', { inputSchema: z.object({}) }, () => sleep(600, { content: [] }))
    server.server.setRequestHandler('logging/setLevel', () => sleep(600, {}))
  }, { settings: settingsOf({ identity: 'token', timeoutMs: 1_000 }, 'per-user') })
  await upstream.request(callOf('wait'), exchangeOf())
  t.match(await faultOf(upstream.request(callOf('wait'), exchangeOf({ log () {} }))), { fault: 'timeout' })
})
