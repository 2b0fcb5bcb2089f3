// A start with another secret key than the one of the data says so (threat SG-14).
import t from 'tap'
import { checkKey } from '../../../plugins/storage/key-check.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'
import { createSealing } from '../../../plugins/secrets.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../helpers/tool-context.ts'
import { listen } from '../../helpers/warnings.ts'

t.test("another secret key than the data's is said, and a key that was changed in order is not (SG-14)", async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 1_800_000_000)
  t.teardown(() => storage.close())
  const [former, present, other] = ['former', 'present', 'other'].map(
    (name) => `${name} x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A`
  ) as [string, string, string]
  const start = async (...keys: string[]) => {
    const { lines, log } = listen()
    await checkKey(storage, createSealing(keys), log)
    return lines
  }
  t.same(await start(former), [])
  t.match(await start(other), [/^SECRET_KEY is not the one that this data was written with/])
  t.same(await start(former), [], 'what does not fit changes nothing')
  t.same(await start(present, former), [])
  t.same(await start(present), [], 'the former key may go')
  t.match(await start(former), [/^SECRET_KEY is not/])
})

t.test('storage that is away is no reason not to start, any other fault is', async (t) => {
  const start = (fault: Error) => {
    const find = async () => { throw fault }
    const { lines, log } = listen()
    const storage = { collection: () => ({ find }) } as never
    return checkKey(storage, createSealing(['k'.repeat(40)]), log).then(() => lines)
  }
  t.same(await start(new StorageUnavailable('away')), [])
  await t.rejects(start(new TypeError('a bug')), { message: 'a bug' })
})
