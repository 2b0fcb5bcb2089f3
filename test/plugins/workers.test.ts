// The workers: what a task gets and gives, what ends it, what is refused, and that nothing of it stays behind (threats
// TL-02, TL-09, WK-03, WK-07, WS-01, WS-02, WS-03).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
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
  person?: string | { server: string; share?: string }
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
    { ms = 0, person = 'address 127.0.0.1', timeout = 60_000, signal }: Options = {}
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
  t.test(`the timeout kills a task that does not end (${deed}) (TL-02)`, async (t) => {
    const { run } = await open(t, { size: 1 })
    const { pid } = await run<Report>('report')
    await t.rejects(run(deed, { ms: 600_000, timeout: 500 }), { name: 'TimeoutError' })
    await ends(pid)
    t.ok(await run<Report>('report'), 'the next task is served')
  })
}

t.test('input that is nested too deep is no fault of the server (TL-03)', async (t) => {
  const { app, run } = await open(t)
  const input = { deed: 'report', ms: 0, deep: JSON.parse('['.repeat(50_000) + ']'.repeat(50_000)) as unknown }
  await t.rejects(app.workers.run(TASK, input, { person: 'ann', timeout: 60_000 }), { name: 'ToolError', message: /nested too deep/ })
  t.ok(await run('report', { person: 'ann' }), 'its worker goes on')
})

t.test('a client that disconnects ends its task, and a task waiting behind it begins', async (t) => {
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

t.test('more work than may wait is refused at once, and the rest is done (TL-09)', async (t) => {
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

t.test('what one person asks for keeps no other person waiting, and makes no call of another busy (WK-03)', async (t) => {
  const { run } = await open(t, { size: 2 })
  const stop = new AbortController()
  const hog = Promise.allSettled(
    Array.from({ length: 41 }, () => run('spin', { person: 'mallory', signal: stop.signal }))
  )
  t.ok(await run<Report>('report', { person: 'ann' }), 'served while these never end')
  t.ok(await run<Report>('report', { person: 'address 192.0.2.1' }), 'and so is somebody without sign-in')
  stop.abort(new Error('stopped'))
  const reasons = (await hog).map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as Error) : undefined))
  const busy = reasons.filter((reason) => reason instanceof WorkersBusy)
  t.equal(busy.length, 41 - 1 - 16, 'one runs and sixteen wait')
  for (const { message } of busy) t.match(message, /your own calls/)
})

t.test("whatever all people ask for, the server's own work is done at once, each part of it (WS-01)", async (t) => {
  const { run } = await open(t, { size: 2, sliceMs: 60_000 })
  const stop = new AbortController()
  const people = ['mallory', 'eve', 'address 192.0.2.1', 'mallory', 'eve']
  const crowd = Promise.allSettled(people.map((person) => run('spin', { person, signal: stop.signal })))
  const slow = run('spin', { person: { server: 'library' }, signal: stop.signal }).catch(() => 'stopped')
  t.ok(await run<Report>('report', { person: { server: 'sign-in' }, timeout: 20_000 }))
  stop.abort(new Error('stopped'))
  await Promise.all([crowd, slow])
})

t.test('in a queue of the server who asks for little waits for one task of those who ask for much (WS-08)', async (t) => {
  const { run } = await open(t, { size: 2, maxWaiting: 8 })
  const ended: string[] = []
  const shares = [...Array<string>(12).fill('mallory'), 'ann']
  const ask = (share: string) => run('report', { person: { server: 'passwords', share } })
  await Promise.all(shares.map((share) => ask(share).then(() => ended.push(share), () => ended.push('refused'))))
  t.ok(ended.includes('ann') && !ended.slice(-6).includes('ann'))
})

t.test('a task that has had its time gives way to another person, in words for a model (WS-01)', async (t) => {
  const { run } = await open(t, { size: 2, sliceMs: 200 })
  const hogs = ['mallory', 'eve'].map((person) => run('spin', { person }).catch((error: unknown) => error))
  t.ok(await run<Report>('report', { person: 'ann' }))
  const stopped = await Promise.race(hogs)
  t.ok(stopped instanceof WorkersBusy)
  t.match(stopped, { name: 'ToolError', statusCode: 503, message: /while others were waiting, so it was stopped/ })
  const other = hogs.map(async (hog) => ((await hog) === stopped ? new Promise(() => {}) : hog))
  t.equal(await Promise.race([...other, delay(50, 'runs on')]), 'runs on', 'one place is enough')
})

t.test('no process serves two people, and what a task sends after its end reaches no one (WS-02)', async (t) => {
  const { run } = await open(t, { size: 2 })
  const { pid } = await run<Report>('report', { person: 'mallory' })
  t.equal(await run('speak later', { person: 'mallory', ms: 30 }), pid)
  const { pid: other } = await run<Report>('report', { person: 'ann' })
  t.not(other, pid)
  await ends(pid)
  t.equal((await run<Report>('report', { person: 'ann' })).pid, other, 'a process that keeps to its orders goes on')
  t.not((await run<Report>('report', { person: 'mallory' })).pid, pid)
})

const skip = process.platform !== 'linux' || !existsSync('/usr/bin/setpriv') ? 'needs setpriv of util-linux' : false
t.test('workers end with a server that is killed, even in a task that never ends (WS-03)', { skip }, async (t) => {
  const code = `
    import Fastify from 'fastify'
    import workers from ${JSON.stringify(new URL('../../plugins/workers.ts', import.meta.url).href)}
    const app = Fastify()
    await app.register(workers)
    const run = (deed) => app.workers.run(new URL(${JSON.stringify(TASK.href)}), { deed }, { person: 'ann', timeout: 600_000 })
    const { pid } = await run('report')
    run('spin')
    process.stdout.write(String(pid))`
  const server = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = (await once(server.stdout!, 'data')) as [Buffer]
  t.ok(alive(Number(pid)))
  server.kill('SIGKILL')
  await ends(Number(pid))
  t.pass('ended')
})

t.test('a worker that has grown is replaced', async (t) => {
  const { run } = await open(t, { size: 1, maxBytes: 400 * MB })
  const { pid } = await run<Report>('report')
  t.equal((await run<Report>('grow')).pid, pid)
  t.not((await run<Report>('report')).pid, pid, 'its memory went back to the machine')
})

t.test('waiting counts: a task that does not begin in time ends at its timeout', async (t) => {
  const { run } = await open(t, { size: 1 })
  const before = run('wait', { ms: 1_500 })
  await t.rejects(run('report', { timeout: 200 }), { name: 'TimeoutError' })
  t.ok(await before, 'the one before it is not disturbed')
})

t.test('no worker is started before there is work, and an idle one ends', async (t) => {
  const { run } = await open(t, { idleMs: 100 })
  await ends((await run<Report>('report')).pid)
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
