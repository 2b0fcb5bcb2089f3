// The workers: what a task gets and gives, what ends it, what is refused, and that nothing of it stays behind.
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import workers, { WorkerDied, WorkersBusy, type WorkersOptions } from '../../plugins/workers.ts'
import { ToolError } from '../../authoring/tool.ts'
import type { Deed } from '../helpers/worker-task.ts'

const MB = 1024 * 1024
const TASK = new URL('../helpers/worker-task.ts', import.meta.url)

interface Report {
  pid: number
  secret: string | undefined
  names: string[]
  bytes: Uint8Array
  when: Date
}

interface Options {
  ms?: number
  person?: string | null | { server: string }
  timeout?: number
  signal?: AbortSignal
}

async function open (t: Test, options: WorkersOptions = {}) {
  const app = Fastify()
  app.register(workers, { size: 2, ...options })
  t.teardown(() => app.close())
  await app.ready()
  const run = <Out = unknown>(
    deed: Deed,
    { ms = 0, person = null, timeout = 60_000, signal }: Options = {}
  ): Promise<Out> => app.workers.run<Out>(TASK, { deed, ms }, { person, timeout, signal })
  return { app, run }
}

function alive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function ends (pid: number): Promise<void> {
  while (alive(pid)) await delay(20)
}

t.test("a task runs in another process, which has none of the server's secrets", async (t) => {
  process.env['SECRET_KEY'] = 'for-this-test-only'
  t.teardown(() => {
    delete process.env['SECRET_KEY']
  })
  const { run } = await open(t)
  const first = await run<Report>('report')
  t.not(first.pid, process.pid)
  t.equal(first.secret, undefined)
  t.same(first.names, [], 'nothing of the environment travels')
  t.same(first.bytes, new Uint8Array([1, 2]), 'bytes travel')
  t.ok(first.when instanceof Date, 'dates travel')
  t.equal((await run<Report>('report')).pid, first.pid, 'the worker is kept warm')
  t.equal(await run('nothing'), undefined)
})

t.test('what a task throws arrives: a ToolError as one, anything else as an error', async (t) => {
  const { run } = await open(t)
  const refused: unknown = await run('refuse').catch((error) => error)
  t.ok(refused instanceof ToolError)
  t.match(refused, { message: 'Ask for less.' })
  const failed = await run('throw').catch((error) => error)
  t.ok(failed instanceof Error && !(failed instanceof ToolError))
  t.match(failed, { name: 'RangeError', message: 'too far', stack: /worker-task\.ts/ })
})

for (const deed of ['spin', 'native', 'wait'] as const) {
  t.test(`TL-02: the deadline kills a task that will not end (${deed})`, async (t) => {
    const { run } = await open(t, { size: 1 })
    const { pid } = await run<Report>('report')
    await t.rejects(run(deed, { ms: 600_000, timeout: 500 }), { name: 'TimeoutError' })
    await ends(pid)
    t.ok(await run<Report>('report'), 'the next task is served')
  })
}

t.test('a client that goes away kills its task, and a task waiting behind it is begun', async (t) => {
  const { run } = await open(t, { size: 1 })
  const { pid } = await run<Report>('report')
  const gone = new AbortController()
  const spinning = run('spin', { signal: gone.signal })
  const waiting = run<Report>('report')
  await delay(100)
  gone.abort(new Error('gone'))
  await t.rejects(spinning, { message: 'gone' })
  await ends(pid)
  t.not((await waiting).pid, pid)
  await t.rejects(run('report', { signal: AbortSignal.abort(new Error('never begun')) }), { message: 'never begun' })
})

for (const deed of ['fill', 'huge', 'buffers', 'exit'] as const) {
  t.test(`a worker that dies takes nothing with it (${deed})`, async (t) => {
    const { run } = await open(t, { size: 1, heapMb: 64, maxBytes: 200 * MB })
    const dying = run(deed)
    const behind = run<Report>('report')
    const error: unknown = await dying.catch((error) => error)
    t.ok(error instanceof WorkerDied && error instanceof ToolError)
    t.match(error, { message: /Ask for less at once/ })
    t.ok(await behind, 'the task behind it is served')
  })
}

t.test('a result that would take the memory of the server is refused in the worker', async (t) => {
  const { run } = await open(t)
  await t.rejects(run('large'), { name: 'ToolError', message: /too large/ })
})

t.test('TL-09: more work than may wait is refused at once, and the rest is done', async (t) => {
  const { run } = await open(t, { size: 2, maxWaiting: 3 })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 10 }, (_, n) => run('wait', { ms: 50, person: `p${n}` }))
  )
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  t.equal(refused.length, 5)
  for (const { reason } of refused) {
    t.ok(reason instanceof WorkersBusy && reason instanceof ToolError)
    t.equal(reason.statusCode, 503)
    t.match(reason.message, /Try again in a few seconds/)
  }
  t.ok(await run('report'), 'afterwards there is room again')
})

t.test('WK-03: what one person asks for makes nobody else wait for long, and no call of another busy', async (t) => {
  const { run } = await open(t, { size: 2 })
  const stop = new AbortController()
  const hog = Promise.allSettled(
    Array.from({ length: 41 }, () => run('spin', { person: 'mallory', signal: stop.signal }))
  )
  t.ok(await run<Report>('report', { person: 'ann' }), 'served while these never end')
  t.ok(await run<Report>('report', { person: null }), 'and so is somebody without sign-in')
  stop.abort(new Error('stopped'))
  const reasons = (await hog).map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Error) : undefined))
  const busy = reasons.filter((reason) => reason instanceof WorkersBusy)
  t.equal(busy.length, 41 - 1 - 16, 'one runs and sixteen wait')
  for (const { message } of busy) t.match(message, /your own calls/)
})

t.test('WK-03: what people who have not signed in ask for keeps no work of the server waiting', async (t) => {
  const { run } = await open(t, { size: 2 })
  const stop = new AbortController()
  const crowd = Promise.allSettled(Array.from({ length: 3 }, () => run('spin', { person: null, signal: stop.signal })))
  t.ok(await run<Report>('report', { person: { server: 'sign-in' }, timeout: 20_000 }))
  stop.abort(new Error('stopped'))
  await crowd
})

t.test('a worker that has grown is not kept', async (t) => {
  const { run } = await open(t, { size: 1, maxBytes: 400 * MB })
  const { pid } = await run<Report>('report')
  t.equal((await run<Report>('grow')).pid, pid)
  t.not((await run<Report>('report')).pid, pid, 'its memory went back to the machine')
})

t.test('waiting counts: a task that is never begun in its time ends at its deadline', async (t) => {
  const { run } = await open(t, { size: 1 })
  const before = run('wait', { ms: 1_500 })
  await t.rejects(run('report', { timeout: 200 }), { name: 'TimeoutError' })
  t.ok(await before, 'the one before it is not disturbed')
})

t.test('no worker is started before there is work, and an idle one ends', async (t) => {
  const { run } = await open(t, { idleMs: 100 })
  const { pid } = await run<Report>('report')
  await ends(pid)
  t.pass('ended')
})

t.test('closing the app ends every worker, busy ones too, and begins no other', async (t) => {
  const { app, run } = await open(t, { size: 1 })
  const { pid } = await run<Report>('report')
  const work = Promise.allSettled([run('spin'), run('report')])
  await delay(100)
  await app.close()
  for (const outcome of await work) t.match(outcome, { status: 'rejected', reason: { statusCode: 503 } })
  await ends(pid)
  t.ok((await run('report').catch((error) => error)) instanceof WorkersBusy)
})
