// Whether the SQLite storage can be used: its file is still the one in the folder, and the last change was not refused.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartError } from '../../../errors.ts'
import { StorageUnavailable } from '../contract.ts'
import { guarded } from './faults.ts'
import type { Commits } from './group-commit.ts'
import { isOutOfRoom } from './growth.ts'

const MAX_PROBE_MS = 1_000

export interface Check {
  /** The commits, with their outcome noted. */
  watched: Commits
  /**
   * Writes nothing while changes succeed; after one that failed, it tries whether they do again.
   * @throws StorageUnavailable
   */
  check(): Promise<void>
}

/** @param writeProbe writes something that is of no use, and little. */
export function createCheck (db: DatabaseSync, file: string, commits: Commits, writeProbe: () => unknown): Check {
  const opened = identityOf(file)
  let hasFailed = false
  const watched: Commits = {
    async add (change) {
      try {
        const result = await commits.add(change)
        hasFailed = false
        return result
      } catch (error) {
        if (error instanceof StorageUnavailable) hasFailed = true
        throw error
      }
    },
    idle: () => commits.idle()
  }
  return {
    watched,
    async check () {
      guarded(() => db.prepare('SELECT 1 FROM records LIMIT 1').get())
      if (identityOf(file) !== opened) {
        throw new StorageUnavailable(
          `${file} was deleted or replaced while the server runs: what is written now is lost. Start it again`
        )
      }
      if (isOutOfRoom(db)) throw new StorageUnavailable('the disk is full')
      if (hasFailed) await Promise.race([watched.add(writeProbe), tooLate()])
    }
  }
}

/** A change may wait for a lock longer than a load balancer waits for an answer. */
async function tooLate (): Promise<never> {
  await sleep(MAX_PROBE_MS, undefined, { ref: false })
  throw new StorageUnavailable('the SQLite storage takes no changes just now')
}

/** Of the file by that name, as the disk knows it; undefined without one. */
function identityOf (file: string): string | undefined {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev} ${found.ino}`
}

/**
 * A database is never empty: one of no bytes beside a key and notes that are in use was emptied by a disk fault or by a
 * copy
 * that was cut short. To start as if new would sign everybody out without a word.
 */
export function refuseEmptied (dataDir: string): void {
  const sizeOf = (name: string) => {
    try {
      return statSync(join(dataDir, name)).size
    } catch {
      // Not there; or not to be seen, which opening it says.
      return undefined
    }
  }
  // SQLite would delete the log beside it, too: that of an empty database can hold nothing.
  if (
    sizeOf('oauth.db') !== 0 ||
    !(sizeOf('oauth.db-wal') || sizeOf('notes.db') || sizeOf('notes.db-wal') || sizeOf('secret-key'))
  ) { return }
  throw new StartError(
    `${join(dataDir, 'oauth.db')} is empty, although this folder has been in use: a disk fault or a copy that was cut short. Restore a backup (docs/operations.md). To go on without the accounts and sign-ins, delete the file and start again.`
  )
}
