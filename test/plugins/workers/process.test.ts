// A task's time counts from where it begins: what its process takes to start is no time of the person (threat WS-01).
import Fastify from 'fastify'
import t from 'tap'
import workers from '../../../plugins/workers.ts'

const TASK = new URL('../../helpers/slow-task.ts', import.meta.url)

t.test('short tasks of many are all done, however long their processes take to start (WS-01)', async (t) => {
  const app = Fastify()
  app.register(workers, { size: 2, sliceMs: 500 })
  t.teardown(() => app.close())
  await app.ready()
  const people = ['ann', 'bob', 'cid', 'dan']
  const run = (person: string) => app.workers.run<number>(TASK, undefined, { person, timeout: 60_000 })
  const pids = await Promise.all(people.map(run))
  t.equal(new Set(pids).size, people.length, 'each in a process of their own')
})
