// What SQLite throws, in terms of this server.
import t from 'tap'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'
import { guarded, isDamaged, isFault, isFull, isLocked } from '../../../../plugins/storage/sqlite/faults.ts'

const fault = (errcode: number) => Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode })

t.test('a result code is recognized, also with its extended part and as a cause', async (t) => {
  t.ok(isLocked(fault(5)))
  t.ok(isLocked(fault(517)), 'SQLITE_BUSY_SNAPSHOT')
  t.ok(isFull(new Error('outer', { cause: fault(13) })))
  t.ok(isDamaged(fault(26)))
  t.notOk(isLocked(new Error('other')))
})

t.test('what SQLite throws becomes StorageUnavailable; what the work throws passes', async (t) => {
  t.throws(() => guarded(() => { throw fault(5) }), StorageUnavailable)
  t.throws(() => guarded(() => { throw new Error('own') }), { message: 'own' })
  t.notOk(isFault(new Error('own')))
})
