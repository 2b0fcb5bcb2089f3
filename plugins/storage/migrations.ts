// Migrations: stored data has a version, and a newer server moves it to the next when it first opens it, one instance at
// a time however many start at once.
// Tested in test/plugins/storage/journals-contract.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import { StartError } from '../../errors.ts'
import { StorageUnavailable, type Collection, type Storage } from './contract.ts'

/**
 * A step from one version to the next. It may be cut short and run again, and instances of the version before may still
 * run: so it adds what the new version needs, and leaves what the old one reads, which a later version removes.
 */
export interface Migration {
  /** For the log, for example `sessions know their device`. */
  name: string
  run(storage: Storage): Promise<void>
}

/** In order, never changed once released: the first leads from version 1 to version 2. */
export const migrations: readonly Migration[] = []

const LOCK_SECONDS = 60
const WAIT_MS = 200

/** A newer version wrote the data, and this one could misread it. */
export class StorageTooNew extends StartError {
  override readonly name = 'StorageTooNew'
}

type Log = { info(message: string): void }

/**
 * @throws StorageTooNew, having changed nothing; and what a step throws, which leaves the version as it was before
 * that step.
 */
export async function migrate (storage: Storage, steps: readonly Migration[], log: Log): Promise<void> {
  const schema = storage.collection<{ version: number }>('schema')
  const lock = storage.collection<object>('schemaLock')
  const latest = 1 + steps.length
  for (;;) {
    const found = await schema.find('version')
    const version = found?.version ?? 1
    if (version > latest) {
      throw new StorageTooNew(
        `${storage.description} holds data of a newer version of this server (${version}; this one knows up to ${latest}). Start the newer version again, or restore a backup that was made before: docs/upgrading.md`
      )
    }
    if (version === latest) {
      if (!found) await noteFirst(schema, version)
      return
    }
    if (!(await lock.create('lock', {}, LOCK_SECONDS))) {
      await sleep(WAIT_MS)
      continue
    }
    try {
      // Another instance may have taken this step between the read and the lock.
      if ((await schema.find('version'))?.version !== found?.version) continue
      const step = steps[version - 1]!
      log.info(`storage: from version ${version} to ${version + 1}, ${step.name}`)
      await step.run(storage)
      await schema.put('version', { version: version + 1 }, null)
    } finally {
      await lock.delete('lock')
    }
  }
}

/** Whether a server has run on this storage. */
export const wasServed = async (storage: Pick<Storage, 'collection'>): Promise<boolean> =>
  (await storage.collection<{ version: number }>('schema').find('version')) !== undefined

/** Storage that takes no writes just now is still served: without a version it is the first, and the next start saves it. */
async function noteFirst (schema: Collection<{ version: number }>, version: number): Promise<void> {
  try {
    await schema.create('version', { version }, null)
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error
  }
}
