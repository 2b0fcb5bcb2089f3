// Changes that arrive together share one transaction; one that fails alone fails alone.
import t from 'tap'
import { createGroupCommit } from '../../../../plugins/storage/sqlite/group-commit.ts'

const fault = (errcode: number) => Object.assign(new Error(`code ${errcode}`), { code: 'ERR_SQLITE_ERROR', errcode })
const [BUSY, FULL] = [5, 13]
const isFault = (error: unknown) => (error as { code?: string }).code === 'ERR_SQLITE_ERROR'
const fail = (error: Error) => () => {
  throw error
}
/** @param commit what happens at the end of each transaction. */
function open (commit: (work: number) => void = () => {}) {
  const sizes: number[] = []
  let committed = 0
  const commits = createGroupCommit((work) => {
    const result = work()
    const { length } = result as unknown as unknown[]
    commit(length)
    sizes.push(length)
    committed += length
    return result
  }, isFault)
  return { commits, sizes, committed: () => committed }
}

t.test('what arrives in one turn is one transaction, and nobody has an answer before it is committed', async (t) => {
  const { commits, sizes, committed } = open()
  const answers = [1, 2, 3].map(async (number) => [await commits.add(() => number), committed()])
  t.same(sizes, [])
  t.same(await Promise.all(answers), [[1, 3], [2, 3], [3, 3]])
  await commits.add(() => 4)
  t.same(sizes, [3, 1])
})

t.test('what a change throws is its own, and a fault of the database is everyone\'s', async (t) => {
  const { commits } = open()
  const own = await Promise.allSettled([commits.add(() => 1), commits.add(fail(new Error('refused')))])
  t.match(own, [{ status: 'fulfilled', value: 1 }, { status: 'rejected', reason: { message: 'refused' } }])
  const all = await Promise.allSettled([commits.add(() => 1), commits.add(fail(fault(10)))])
  t.same(all.map(({ status }) => status), ['rejected', 'rejected'])
})

t.test('on a full disk each change is tried by itself, so that what deletes is not lost with the rest (SG-04)', async (t) => {
  const { commits, sizes } = open((length) => {
    if (length > 1) throw fault(FULL)
  })
  const all = await Promise.allSettled([commits.add(() => 'deleted'), commits.add(fail(fault(FULL))), commits.add(() => 'fits')])
  t.match(all, [{ value: 'deleted' }, { status: 'rejected', reason: { errcode: FULL } }, { value: 'fits' }])
  t.same(sizes, [1, 1])
})

t.test('while another process holds the lock changes wait in order, and are made once (SG-05)', async (t) => {
  let isLocked = true
  const made: number[] = []
  const { commits } = open(() => {
    if (isLocked) throw fault(BUSY)
  })
  const first = commits.add(() => made.push(1))
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  isLocked = false
  made.length = 0
  const second = commits.add(() => made.push(2))
  await Promise.all([first, second, commits.idle()])
  t.same(made, [1, 2])
  await commits.idle()
})

t.test('what has waited five seconds for a lock fails, and is not made later; the rest goes on waiting (SG-05)', async (t) => {
  let isLocked = true
  let made: number[] = []
  const { commits } = open(() => {
    if (isLocked) throw fault(BUSY)
  })
  const now = performance.now.bind(performance)
  t.teardown(() => { performance.now = now })
  const first = commits.add(() => made.push(1))
  const closing = commits.idle()
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  performance.now = () => now() + 5_100
  const second = commits.add(() => made.push(2))
  t.match(await first.catch((error) => error), { errcode: BUSY })
  await closing
  isLocked = false
  made = []
  await second
  t.same(made, [2])
})
