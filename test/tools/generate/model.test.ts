// The language model behind generate: how it is asked, and that a day costs no more than its tokens (threats TL-02, TL-08,
// WK-06, WS-05).
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createModel } from '../../../tools/generate/model.ts'
import { KEY, type Turn, status, endpoint, withModel } from './endpoint.ts'

t.test('the newer name of the limit is used where the older one is refused, from then on', async (t) => {
  const { run, asked } = await withModel(
    t,
    status(400, { error: { message: 'Unsupported parameter: max_tokens. Use max_completion_tokens instead.' } }),
    'one',
    'two'
  )
  t.equal((await run({ kind: 'text', prompt: 'x' })).text, 'one')
  t.equal((await run({ kind: 'text', prompt: 'x' })).text, 'two')
  t.same(
    asked.map(({ body }) => 'max_tokens' in body),
    [true, false, false]
  )
  t.ok(asked[2]!.body.max_completion_tokens)
})

t.test(
  'whatever goes wrong there, a caller learns what to do and nothing of the endpoint or its key (TL-08)',
  async (t) => {
    const redirected = await endpoint(t, 'taken')
    const faults: Array<[string, Turn, RegExp]> = [
      ['401', status(401), /cannot be asked right now/],
      ['404', status(404), /cannot be asked/],
      ['400', status(400), /cannot be asked/],
      ['500', status(500), /cannot be asked/],
      ['429', status(429), /too often/],
      [
        'no JSON',
        (response) => {
          response.end('<html>')
        },
        /cannot be asked|no answer/
      ],
      [
        'cut off',
        (response) => {
          response.destroy()
        },
        /cannot be asked/
      ],
      ['empty', '', /no answer/],
      ['too long', status(200, { choices: [{ finish_reason: 'length', message: { content: 'x' } }] }), /too long/],
      ['no choices', status(200, {}), /no answer/],
      ['elsewhere', status(307, {}, { location: `${redirected.url}/chat/completions` }), /cannot be asked/]
    ]
    for (const [name, turn, message] of faults) {
      const { run, lines } = await withModel(t, turn)
      const error = (await run({ kind: 'text', prompt: 'x' }).then(
        () => t.fail(name),
        (error: Error) => error
      )) as Error
      t.match(error, { name: 'ToolError', message }, name)
      t.notMatch(error.message, new RegExp(`${KEY}|127\\.0\\.0\\.1|internal`), name)
      if (!/no answer|too long/.test(error.message)) t.match(lines, [/did not answer/], name)
      t.notMatch(lines.join('\n'), KEY, `${name}: the key is not logged (TL-32)`)
    }
    t.equal(redirected.asked.length, 0, 'the key went nowhere else')
  }
)

t.test(
  'a call ends when its caller goes away, and a day costs no more than its tokens, also for calls at the same moment (TL-02)',
  async (t) => {
    const log = { info () {}, warn () {} }
    const { url, asked } = await endpoint(t, (response) => {
      response.flushHeaders()
    })
    const stop = new AbortController()
    const silent = createModel({ baseUrl: url, model: 'm', apiKey: undefined, dailyTokens: 100_000 }, { log })
    const call = silent.ask([{ role: 'user', content: 'x' }], { caller: randomUUID(), signal: stop.signal })
    const refused = t.rejects(call, { message: /abort/i })
    while (asked.length === 0) await sleep(5)
    stop.abort()
    await refused
    t.equal(asked.length, 1, 'and is not tried again')

    let time = Date.UTC(2026, 0, 1, 23)
    const quick = await endpoint(t, 'x')
    const model = createModel(
      { baseUrl: quick.url, model: 'm', apiKey: undefined, dailyTokens: 9_000 },
      { log },
      () => time
    )
    const ask = () => model.ask([{ role: 'user', content: 'x' }], { caller: randomUUID(), signal: new AbortController().signal })
    const several = await Promise.allSettled([ask(), ask(), ask(), ask()])
    t.equal(several.filter(({ status }) => status === 'fulfilled').length, 2, 'each takes the most it can cost first')
    t.match(several.at(-1), { reason: { name: 'ToolError', message: /used up for today.*UTC/ } })
    await ask()
    t.equal(quick.asked.length, 3, 'what was not used is given back')
    let refusal: Error | undefined
    while (refusal === undefined) {
      await ask().catch((error: Error) => {
        refusal = error
      })
    }
    t.match(refusal, { message: /used up/ })
    t.ok(quick.asked.length > 100 && quick.asked.length * 30 <= 9_000)
    time += 3_600_000
    t.equal(await ask(), 'x', 'a new day')
  }
)

t.test(
  'an endpoint that does not say what an answer cost is charged the most that it can have cost (TL-02)',
  async (t) => {
    const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'x' } }]
    const { url, asked } = await endpoint(t, status(200, { choices }))
    const model = createModel(
      { baseUrl: url, model: 'm', apiKey: undefined, dailyTokens: 9_000 },
      { log: { info () {}, warn () {} } }
    )
    const ask = (content = 'x') =>
      model.ask([{ role: 'user', content }], { caller: randomUUID(), signal: new AbortController().signal })
    await t.rejects(
      ask('x'.repeat(20_000)),
      { name: 'ToolError', message: /used up for today/ },
      'the question counts as well as the answer'
    )
    t.same([await ask(), await ask()], ['x', 'x'])
    await t.rejects(ask(), { name: 'ToolError', message: /used up for today/ })
    t.equal(asked.length, 2, 'what is refused asks nobody')
  }
)

t.test('one person takes a quarter of the day, and leaves the rest to others; so does an address without sign-in (WK-06, WK-08)', async (t) => {
  let time = Date.UTC(2026, 0, 1)
  const { url, asked } = await endpoint(t, 'x')
  const log = { info () {}, warn () {} }
  const of = (dailyTokens: number) => {
    const model = createModel({ baseUrl: url, model: 'm', apiKey: undefined, dailyTokens }, { log }, () => time)
    return (id: string | null) =>
      model.ask([{ role: 'user', content: 'x' }], {
        caller: id ?? 'address 192.0.2.1',
        signal: new AbortController().signal
      })
  }
  const ask = of(20_000)
  const takeAll = async (id: string | null) => {
    for (let calls = 0; ; calls++) {
      const refusal = await ask(id).then(
        () => undefined,
        (error: Error) => error
      )
      if (refusal) return { tokens: calls * 30, refusal }
    }
  }
  const mallory = await takeAll('mallory')
  t.match(mallory.refusal, { name: 'ToolError', message: /Your share.*used up for today.*UTC/ })
  t.ok(mallory.tokens > 0 && mallory.tokens <= 5_000, 'a quarter')
  const before = asked.length
  await t.rejects(ask('mallory'), { message: /Your share/ })
  t.equal(asked.length, before, 'what is refused asks nobody')
  t.equal(await ask('ann'), 'x')
  time += 86_400_000
  t.equal(await ask('mallory'), 'x', 'a new day')
  t.ok((await takeAll(null)).tokens <= 5_000, 'an address has a share as well')
  t.equal(await ask('ann'), 'x')

  t.equal(await of(5_000)('ann'), 'x', 'where a quarter would be less than one call, one call is')
})

t.test('a call that its caller leaves, or that fails while it runs, costs the most that it can have cost (WS-05)', async (t) => {
  const log = { info () {}, warn () {} }
  const left = await endpoint(t, (response) => response.flushHeaders())
  const model = createModel({ baseUrl: left.url, model: 'm', apiKey: undefined, dailyTokens: 20_000 }, { log })
  const leave = async (id: string) => {
    const stop = new AbortController()
    const before = left.asked.length
    const call = model.ask([{ role: 'user', content: 'x' }], { caller: id, signal: stop.signal }).catch((e: Error) => e)
    const isAsked = async () => {
      while (left.asked.length === before && !stop.signal.aborted) await sleep(5)
    }
    await Promise.race([call, isAsked()])
    stop.abort()
    return call
  }
  t.match(await leave('mallory'), { message: /abort/i })
  t.match(await leave('mallory'), { name: 'ToolError', message: /Your share/ })
  for (const id of ['eve', 'bob', 'ann']) t.match(await leave(id), { message: /abort/i })
  t.match(await leave('zoe'), { name: 'ToolError', message: /used up for today/ })
  t.equal(left.asked.length, 4, 'what is refused asks no one')

  const failing = await endpoint(t, status(500))
  const other = createModel({ baseUrl: failing.url, model: 'm', apiKey: undefined, dailyTokens: 34_000 }, { log })
  const ask = () => other.ask([{ role: 'user', content: 'x' }], { caller: randomUUID(), signal: new AbortController().signal })
  for (let callers = 0; callers < 4; callers++) await t.rejects(ask(), { message: /cannot be asked/ })
  await t.rejects(ask(), { message: /used up for today/ })
  t.equal(failing.asked.length, 8, 'the second try is charged as well')
})

t.test('a request that the endpoint refuses or never receives costs nothing, and leaves nothing (WS-05)', async (t) => {
  const callers = new Set<Map<unknown, unknown>>()
  const maps = Object.getPrototypeOf(new Map()) as Map<unknown, unknown>
  const { set } = maps
  maps.set = function (this: Map<unknown, unknown>, key, value) {
    if (typeof key === 'string' && key.startsWith('caller ')) callers.add(this)
    return set.call(this, key, value)
  }
  t.teardown(() => { maps.set = set })
  const log = { info () {}, warn () {} }
  const refusing = await endpoint(t, status(400))
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as AddressInfo
  closed.close()
  for (const baseUrl of [refusing.url, `http://127.0.0.1:${port}/v1`]) {
    const model = createModel({ baseUrl, model: 'm', apiKey: undefined, dailyTokens: 5_000 }, { log })
    for (let count = 0; count < 3; count++) {
      const { signal } = new AbortController()
      const call = model.ask([{ role: 'user', content: 'x' }], { caller: `caller ${count}`, signal })
      await t.rejects(call, { message: /cannot be asked/ }, baseUrl)
    }
  }
  t.equal(refusing.asked.length, 3)
  t.same([...callers].map(({ size }) => size), [0, 0])
})

t.test('what the endpoint refused costs nothing, and what it may have begun costs the most (WS-05)', async (t) => {
  const log = { info () {}, warn () {} }
  for (const [code, second] of [[400, /cannot be asked/], [401, /cannot be asked/], [404, /cannot be asked/], [408, /used up for today/]] as const) {
    const { url } = await endpoint(t, status(code))
    const model = createModel({ baseUrl: url, model: 'm', apiKey: undefined, dailyTokens: 5_000 }, { log })
    const ask = () => model.ask([{ role: 'user', content: 'x' }], { caller: randomUUID(), signal: new AbortController().signal })
    await t.rejects(ask(), { message: /cannot be asked/ })
    await t.rejects(ask(), { message: second }, String(code))
  }
})
