// A task's time counts from where it begins: what its process takes to start is no time of the person, nor of the task
// (threat WS-01).
import childProcess from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import workers from '../../../plugins/workers.ts'
import { permissionsOf } from '../../../plugins/workers/permissions.ts'
import { WorkerProcess } from '../../../plugins/workers/process.ts'

/** Takes a second to load, and none to run. */
const SLOW_START = new URL('../../helpers/slow-task.ts', import.meta.url)
const TASK = new URL('../../helpers/worker-task.ts', import.meta.url)

async function open (t: Test) {
  const app = Fastify()
  app.register(workers, { size: 2, sliceMs: 500 })
  t.teardown(() => app.close())
  await app.ready()
  return app.workers
}

t.test('short tasks of many are all done, however long their processes take to start (WS-01)', async (t) => {
  const workers = await open(t)
  const people = ['ann', 'bob', 'cid', 'dan']
  const run = (person: string) => workers.run<number>(SLOW_START, undefined, { person, timeout: 60_000 })
  const pids = await Promise.all(people.map(run))
  t.equal(new Set(pids).size, people.length, 'each in a process of their own')
})

t.test('where a signal bounds the wait, the timeout counts from the beginning of the task', async (t) => {
  const workers = await open(t)
  const { signal } = new AbortController()
  const options = { person: 'ann', timeout: 500, signal }
  t.ok(await workers.run<number>(SLOW_START, undefined, options))
  await t.rejects(workers.run(TASK, { deed: 'spin' }, options), { name: 'TimeoutError' })
  await t.rejects(workers.run(TASK, { deed: 'spin' }, { ...options, signal: AbortSignal.timeout(200) }), {
    name: 'TimeoutError',
    message: /aborted/
  })
})

t.test('a process that cannot be started runs nothing, and says so', async (t) => {
  const { spawn } = childProcess
  t.teardown(() => {
    childProcess.spawn = spawn
    syncBuiltinESMExports()
  })
  childProcess.spawn = ((_program: string, ...rest: []) => spawn('/nowhere/node', ...rest)) as typeof spawn
  syncBuiltinESMExports()
  const worker = new WorkerProcess(permissionsOf(TASK), { heapMb: 64, maxBytes: Infinity })
  t.equal(worker.isAlive, false)
  await worker.ended
  let begun = 0
  const order = { task: TASK.href, input: { deed: 'pid' } }
  await t.rejects(worker.run(order, new AbortController().signal, () => { begun++ }), {
    name: 'ProcessEnded',
    message: 'it could not be started'
  })
  t.equal(begun, 0)
})
