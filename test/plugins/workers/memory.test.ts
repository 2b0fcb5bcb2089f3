// The memory of a process, measured from outside.
import t from 'tap'
import { defaultMaxBytes, residentBytes } from '../../../plugins/workers/memory.ts'

t.test('a process has resident bytes, and one that has ended has none', (t) => {
  if (process.platform === 'linux') t.ok(residentBytes(process.pid) > 10_000_000)
  t.equal(residentBytes(2 ** 30), 0)
  t.ok(defaultMaxBytes() > 0 && defaultMaxBytes() <= 512 * 1024 * 1024)
  t.end()
})
