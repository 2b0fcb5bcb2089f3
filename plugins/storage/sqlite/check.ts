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

/** What each database holds that cannot be made again. */
const HELD = { 'oauth.db': 'the accounts and sign-ins', 'notes.db': 'the notes' } as const
/** What a process takes to write the first page of a new file, on a slow disk. No request waits for it: nothing is served yet. */
const MAKING_MS = 1_000
/** Of a folder that has been in use, one is not empty. */
const USED = ['oauth.db', 'oauth.db-wal', 'notes.db', 'notes.db-wal', 'secret-key']

/**
 * A database is never empty: one of no bytes beside others that are in use was emptied by a disk fault or by a copy that was
 * cut short. To start as if new would lose what it held without a word.
 */
export function refuseEmptied (dataDir: string, name: keyof typeof HELD): void {
  const sizeOf = (name: string) => {
    try {
      return statSync(join(dataDir, name)).size
    } catch {
      // Not there; or not to be seen, which opening it says.
      return undefined
    }
  }
  // SQLite would delete the log beside it, too: that of an empty database can hold nothing.
  const isEmptied = () => sizeOf(name) === 0 && USED.some(sizeOf)
  if (!isEmptied()) return
  // Another process that starts may be making it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MAKING_MS)
  if (!isEmptied()) return
  throw new StartError(
    `${join(dataDir, name)} is empty, although this folder has been in use: a disk fault or a copy that was cut short. Restore a backup (docs/operations.md). To go on without ${HELD[name]}, delete the file and start again.`
  )
}
