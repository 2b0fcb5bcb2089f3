// `npm run restore -- FOLDER`: loads a backup into the configured storage. That storage may be of another kind than the
// backup's, so this is also how to move from SQLite to Redis.
import { constants, existsSync, statSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { monotonicClock } from '../clock.ts'
import { loadConfig, readEnvironment, type Config } from '../config/index.ts'
import { openStorage } from '../plugins/storage/index.ts'
import type { Storage } from '../plugins/storage/contract.ts'
import { explain } from '../plugins/storage/sqlite/explain.ts'
import { hasCode, isLocked, SQLITE } from '../plugins/storage/sqlite/faults.ts'
import { BackupError, checkBackup, keyChecks, readEntries, readOnlyUrl, SECRET_KEY, type Manifest } from './backup-format.ts'
import { command, warnOnTerminal } from './command.ts'
import { commandLine } from './usage.ts'

const OAUTH_DATABASE = 'oauth.db'
const NOTES_DATABASE = 'notes.db'
/** The beginning of the name of a folder in which everything is prepared. */
const STAGED = 'restore-'
const DATABASES = [OAUTH_DATABASE, NOTES_DATABASE, 'library.db']

await command(
  `Loads a backup into the configured storage. Stop the server first.
  ${commandLine('restore')}FOLDER              into an empty storage
  ${commandLine('restore')}--replace FOLDER    replaces what is stored there
`,
  async ([folder], { replace }) => {
    const config = await loadConfig(readEnvironment())
    const manifest = await checkBackup(folder!)
    const key = await checkKey(config, manifest, folder!)
    await checkUnused(config)
    if (!replace) {
      if (manifest.databases.some(({ name }) => name === NOTES_DATABASE)) checkNotes(config.dataDir, folder!)
      await checkEmpty(config)
    }
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
    // Everything is prepared beside the current files, and replaces them only once it is complete.
    await removeLeftovers(config.dataDir)
    const staged = await mkdtemp(join(config.dataDir, STAGED))
    try {
      const names = manifest.databases.map(({ name }) => name)
      for (const name of names) await copyFile(join(folder!, name), join(staged, name), constants.COPYFILE_EXCL)
      if (key === 'copy') await copyFile(join(folder!, SECRET_KEY), join(staged, SECRET_KEY))
      if (config.redisUrl === undefined) {
        await load({ ...config, dataDir: staged }, folder!)
        names.push(OAUTH_DATABASE)
      } else await loadOverRedis(config, folder!)
      for (const name of names) await replaceDatabase(staged, config.dataDir, name)
      // Of a server that kept them in Postgres: those that are here are of another time.
      if (replace && !names.includes(NOTES_DATABASE)) await removeDatabase(config.dataDir, NOTES_DATABASE)
      if (key === 'copy') await rename(join(staged, SECRET_KEY), join(config.dataDir, SECRET_KEY))
      return `Restored ${manifest.entries} entries of ${manifest.createdAt} into ${config.redisUrl === undefined ? `SQLite in ${config.dataDir}` : 'Redis'}.`
    } finally {
      await rm(staged, { recursive: true, force: true })
    }
  }
)

/**
 * Refuses a backup that the server could not open afterwards.
 * @returns whether the backup's key replaces a generated one.
 * @throws BackupError when the configured key is not the backup's.
 */
async function checkKey (
  { secretKeys }: Pick<Config, 'secretKeys'>,
  { keyCheck }: Manifest,
  folder: string
): Promise<'copy' | 'keep'> {
  if (secretKeys.length > 0) {
    if (keyChecks(secretKeys).includes(keyCheck)) return 'keep'
    throw new BackupError(
      `This backup was sealed with another secret key: set SECRET_KEY to that key (or append it to the new one, after a comma). If ${join(folder, SECRET_KEY)} exists, it contains that key. Nothing was changed`
    )
  }
  const key = await readFile(join(folder, SECRET_KEY), 'utf8').catch(() => {
    throw new BackupError('This backup was made with SECRET_KEY set: set it to the same value. Nothing was changed')
  })
  if (keyChecks([key.trim()])[0] !== keyCheck) {
    throw new BackupError(`${SECRET_KEY} in ${folder} is damaged. Nothing was changed`)
  }
  return 'copy'
}

type Target = Pick<Config, 'dataDir' | 'redisUrl'>

/** @throws BackupError while a server has the storage open: what it writes during the restore would be lost. */
async function checkUnused ({ dataDir, redisUrl }: Target): Promise<void> {
  const isUsed =
    DATABASES.some((name) => isOpenElsewhere(dataDir, name)) ||
    (redisUrl !== undefined && (await hasSubscribers(redisUrl)))
  if (isUsed) {
    throw new BackupError(
      'A server is running on this storage. Stop it (every instance), then restore. Nothing was changed'
    )
  }
}

/**
 * Every connection to a database in WAL mode holds a shared lock on it for as long as it is open (sqlite.org/wal.html,
 * "Use of WAL Without Shared-Memory").
 */
function isOpenElsewhere (dataDir: string, name: string): boolean {
  const file = join(dataDir, name)
  if (!existsSync(file)) return false
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { timeout: 0 })
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; ROLLBACK')
    return false
  } catch (error) {
    // Of another user: who has it open cannot be seen.
    if (hasCode(error, SQLITE.cantOpen, SQLITE.readOnly)) throw explain(error, dataDir, file)
    // Anything but a lock is damage, which a restore repairs.
    return isLocked(error)
  } finally {
    db?.close()
  }
}

/** Every running instance subscribes to the channel of its storage (plugins/event-bus.ts). */
async function hasSubscribers (redisUrl: string): Promise<boolean> {
  const { connectRedis, literally } = await import('../plugins/storage/redis/connection.ts')
  const redis = await connectRedis(redisUrl, warnOnTerminal)
  try {
    // An instance may listen at a replica, and each member knows its own listeners alone.
    const members = 'nodes' in redis ? redis.nodes() : [redis]
    const channels = await Promise.all(
      members.map((member) => member.pubsub('CHANNELS', `${literally(redis.options.keyPrefix ?? '')}mcp:bus*`))
    )
    return channels.flat().length > 0
  } finally {
    redis.disconnect()
  }
}

/** @throws BackupError for a storage that is not empty or cannot be read. */
async function checkEmpty (config: Target): Promise<void> {
  if (config.redisUrl === undefined && !existsSync(join(config.dataDir, OAUTH_DATABASE))) return
  const storage = await openStorage(config, monotonicClock, warnOnTerminal)
  try {
    if (!(await isEmpty(storage))) throw notReplaced(`${storage.description} is not empty`)
  } finally {
    await storage.close()
  }
}

/**
 * Beside a Redis, or an oauth.db that was lost, they are all there is. Those that the backup has as well are not lost: a server may
 * move from SQLite to Redis with its folder.
 * @throws BackupError for notes that would be lost.
 */
function checkNotes (dataDir: string, folder: string): void {
  const file = join(dataDir, NOTES_DATABASE)
  if (!statSync(file, { throwIfNoEntry: false })?.size) return
  const db = new DatabaseSync(file)
  try {
    db.prepare('ATTACH ? AS backup').run(readOnlyUrl(folder, NOTES_DATABASE))
    const ofNote = 'SELECT owner, id, version, modified FROM'
    if (db.prepare(`${ofNote} main.notes EXCEPT ${ofNote} backup.notes`).get() === undefined) return
  } catch {
    // What cannot be read may hold some.
  } finally {
    db.close()
  }
  throw notReplaced(`${file} may have notes that the backup does not have`)
}

function notReplaced (what: string): BackupError {
  return new BackupError(
    `${what}. Nothing was changed. To replace what is stored there, stop the server and add --replace`
  )
}

async function isEmpty (storage: Storage): Promise<boolean> {
  for await (const entry of storage.entries()) if (!('record' in entry) || entry.record.kind !== 'check') return false
  return true
}

async function load (target: Target, folder: string): Promise<void> {
  const storage = await openStorage(target, monotonicClock, warnOnTerminal)
  try {
    await storage.clear()
    await storage.load(readEntries(folder))
  } finally {
    await storage.close()
  }
}

/** What a restore that was killed has prepared: copies of a whole backup, with its key. */
async function removeLeftovers (dataDir: string): Promise<void> {
  const isLeftover = (name: string) => name.startsWith(STAGED) && name.length === STAGED.length + 6
  const left = (await readdir(dataDir, { withFileTypes: true })).filter((each) => each.isDirectory() && isLeftover(each.name))
  for (const { name } of left) await rm(join(dataDir, name), { recursive: true, force: true })
}

/** Redis cannot swap old and new data in one step, so the error says that it may hold only a part. */
async function loadOverRedis (target: Target, folder: string): Promise<void> {
  try {
    await load(target, folder)
  } catch (error) {
    throw new BackupError(
      `Redis failed while it was written to, and may hold only part of the backup: ${(error as Error).message}. ` +
        'When it works again, run the restore again with --replace; do not start the server before',
      { cause: error }
    )
  }
}

/** Deletes the write-ahead log of the old file first: SQLite would replay it into the new one. */
async function replaceDatabase (staged: string, dataDir: string, name: string): Promise<void> {
  await removeLog(dataDir, name)
  await rename(join(staged, name), join(dataDir, name))
}

async function removeDatabase (dataDir: string, name: string): Promise<void> {
  await rm(join(dataDir, name), { force: true })
  await removeLog(dataDir, name)
}

async function removeLog (dataDir: string, name: string): Promise<void> {
  for (const suffix of ['-wal', '-shm']) await rm(join(dataDir, name + suffix), { force: true })
}
