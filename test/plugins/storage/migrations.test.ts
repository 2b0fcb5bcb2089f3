// Instances that start at once, and storage that
// takes no writes: the contract of each storage has the rest.
import t from 'tap'
import { migrate, wasServed } from '../../../plugins/storage/migrations.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'

const log = { info () {} }
/** @param versions what is read, one after the other. */
function storageOf (versions: Array<number | undefined>, fault?: Error) {
  const deeds: string[] = []
  const collection = (kind: string) => ({
    async find () {
      const version = versions.length > 1 ? versions.shift() : versions[0]
      return version === undefined ? undefined : { version }
    },
    async create (id: string) {
      deeds.push(`create ${kind} ${id}`)
      if (fault) throw fault
      return true
    },
    put: async () => { deeds.push(`put ${kind}`) },
    delete: async () => { deeds.push(`delete ${kind}`) }
  })
  return { storage: { description: 'It', collection } as never, deeds }
}

t.test('a step that another instance has taken meanwhile is not taken again', async (t) => {
  const { storage, deeds } = storageOf([undefined, 2, 2])
  await migrate(storage, [{ name: 'x', run: async () => { t.fail('twice') } }], log)
  t.same(deeds, ['create schemaLock lock', 'delete schemaLock'])
})

t.test('a version that cannot be noted is no reason not to start, any other fault is', async (t) => {
  await migrate(storageOf([undefined], new StorageUnavailable('full')).storage, [], log)
  await t.rejects(migrate(storageOf([undefined], new TypeError('a bug')).storage, [], log), TypeError)
})

t.test('data of a newer version is refused, and nothing is written', async (t) => {
  const { storage, deeds } = storageOf([3])
  await t.rejects(migrate(storage, [], log), {
    name: 'StorageTooNew',
    message: /newer version of this server \(3; .* up to 1\)/
  })
  t.same(deeds, [])
  t.equal(await wasServed(storage), true)
  t.equal(await wasServed(storageOf([undefined]).storage), false)
})
