// What becomes of files: those that wait together in one task, skipped with a reason, tried again while workers are busy.
import t from 'tap'
import { createConvert } from '../../../plugins/library/convert.ts'
import { WorkerDied, WorkersBusy, type Workers } from '../../../plugins/workers.ts'

const conversion = { type: 'application/pdf', bytes: Buffer.from('a') }
const never = new AbortController().signal
/** @param answers what the worker does, one try after the other. */
function workersThat (...answers: Array<() => unknown>) {
  const calls: unknown[][] = []
  const run = async (...args: unknown[]) => {
    calls.push(args)
    return answers[Math.min(calls.length, answers.length) - 1]!()
  }
  return { calls, workers: { run } as unknown as Pick<Workers, 'run'> }
}
const fail = (error: unknown) => () => {
  throw error
}
const timeout = () => Object.assign(new Error('late'), { name: 'TimeoutError' })

t.test('the library has a queue of its own, and a file has a minute', async (t) => {
  const { calls, workers } = workersThat(() => [{ text: 'x' }])
  t.same(await createConvert(workers, never)(conversion), { text: 'x' })
  t.match(calls, [[/convert-task\.ts$/, [conversion], { person: { server: 'library' }, timeout: 60_000, signal: never }]])
})

t.test('what a file ends is said in the operator\'s words; what is our own fault is not hidden', async (t) => {
  for (const [error, expected] of [
    [new WorkerDied(), { name: 'SkippedFile', message: /more memory than one file may take/ }],
    [timeout(), { name: 'SkippedFile', message: /longer than 60 seconds/ }],
    [new TypeError('a fault'), { name: 'TypeError', message: 'a fault' }]
  ] as const) {
    const { calls, workers } = workersThat(fail(error))
    await t.rejects(createConvert(workers, never)(conversion), expected)
    t.equal(calls.length, 1)
  }
})

t.test('while all workers are busy it waits and tries again, and no longer once the server closes', async (t) => {
  const { calls, workers } = workersThat(fail(new WorkersBusy()), () => [{ text: 'x' }])
  t.same(await createConvert(workers, never)(conversion), { text: 'x' })
  t.equal(calls.length, 2)

  const closing = new AbortController()
  const busy = workersThat(() => {
    closing.abort(new Error('closing'))
    throw new WorkersBusy()
  })
  await t.rejects(createConvert(busy.workers, closing.signal)(conversion), { message: 'closing' })
  t.equal(busy.calls.length, 1)
})

t.test('files that wait together are one task of half a megabyte; if it ends the worker, each is read alone', async (t) => {
  const sizes = [10, 400_000, 200_000, 2_000_000, 10]
  const tasks: number[][] = []
  const run = async (_: URL, files: Array<typeof conversion>) => {
    tasks.push(files.map(({ bytes }) => bytes.length))
    if (files.some(({ bytes }) => bytes.length === 400_000)) throw new WorkerDied()
    return files.map(({ bytes }) => ({ text: String(bytes.length) }))
  }
  const convert = createConvert({ run } as unknown as Pick<Workers, 'run'>, never)
  const found = await Promise.allSettled(sizes.map((size) => convert({ type: 'text/plain', bytes: Buffer.alloc(size) })))
  t.same(tasks, [[10, 400_000], [10], [400_000], [200_000], [2_000_000], [10]])
  t.match(found, sizes.map((size) => (size === 400_000 ? { reason: { kind: 'too much memory' } } : { value: { text: String(size) } })))
})
