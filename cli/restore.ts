// `npm run restore -- FOLDER`: puts a backup into the storage that the configuration names, which need not be of the
// kind it was taken from: this is also the way from SQLite to Redis.
import { constants, existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { monotonicClock } from '../clock.ts'
import { loadConfig, readEnvironment, type Config } from '../config/index.ts'
import { openStorage } from '../plugins/storage/index.ts'
import type { Storage } from '../plugins/storage/contract.ts'
import { BackupError, checkBackup, keyChecks, readEntries, SECRET_KEY, type Manifest } from './backup-format.ts'
import { command, warnOnTerminal } from './command.ts'

const OAUTH_DATABASE = 'oauth.db'
const DATABASES = [OAUTH_DATABASE, 'notes.db', 'library.db']

await command(
  `Puts a backup into the storage that the configuration names. Stop the server first.
  npm run restore -- FOLDER              into an empty storage
  npm run restore -- --replace FOLDER    in place of what is stored there
`,
  async ([folder], { replace }) => {
    const config = await loadConfig(readEnvironment())
    const manifest = await checkBackup(folder!)
    const key = await checkKey(config, manifest, folder!)
    await checkUnused(config)
    if (!replace) await checkEmpty(config)
    await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
    // Everything is made ready beside what is there, and takes its place only once all of it is whole.
    const staged = await mkdtemp(join(config.dataDir, 'restore-'))
    try {
      const names = manifest.databases.map(({ name }) => name)
      for (const name of names) await copyFile(join(folder!, name), join(staged, name), constants.COPYFILE_EXCL)
      if (key === 'copy') await copyFile(join(folder!, SECRET_KEY), join(staged, SECRET_KEY))
      if (config.redisUrl === undefined) {
        await load({ ...config, dataDir: staged }, folder!)
        names.push(OAUTH_DATABASE)
      } else await loadOverRedis(config, folder!)
      for (const name of names) await takePlace(staged, config.dataDir, name)
      if (key === 'copy') await rename(join(staged, SECRET_KEY), join(config.dataDir, SECRET_KEY))
      return `Restored ${manifest.entries} entries of ${manifest.createdAt} into ${config.redisUrl === undefined ? `SQLite in ${config.dataDir}` : 'Redis'}.`
    } finally {
      await rm(staged, { recursive: true, force: true })
    }
  }
)

/**
 * Nothing is restored that the server could not open.
 * @returns whether the key of the backup takes the place of a generated one.
 * @throws BackupError when the configured key is another one.
 */
async function checkKey (
  { secretKeys }: Pick<Config, 'secretKeys'>,
  { keyCheck }: Manifest,
  folder: string
): Promise<'copy' | 'keep'> {
  if (secretKeys.length > 0) {
    if (keyChecks(secretKeys).includes(keyCheck)) return 'keep'
    throw new BackupError(
      `This backup was sealed with another secret key: set SECRET_KEY to that one (or add it behind the new one, with a comma between). If ${join(folder, SECRET_KEY)} exists, it holds it. Nothing was changed`
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

/** @throws BackupError while a server has the storage open: what it wrote from now on would be lost. */
async function checkUnused ({ dataDir, redisUrl }: Target): Promise<void> {
  const isUsed =
    DATABASES.some((name) => isOpenElsewhere(join(dataDir, name))) ||
    (redisUrl !== undefined && (await isListenedTo(redisUrl)))
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
function isOpenElsewhere (file: string): boolean {
  if (!existsSync(file)) return false
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; ROLLBACK')
    return false
  } catch (error) {
    // Anything but SQLITE_BUSY is damage, which is what a restore is for.
    return (error as { errcode?: number }).errcode === 5
  } finally {
    db.close()
  }
}

/** Each running instance listens on a channel of the storage's own (plugins/mcp/streams/event-bus.ts). */
async function isListenedTo (redisUrl: string): Promise<boolean> {
  const { connectRedis } = await import('../plugins/storage/redis/connection.ts')
  const redis = await connectRedis(redisUrl, warnOnTerminal)
  try {
    const members = 'nodes' in redis ? redis.nodes('master') : [redis]
    const channels = await Promise.all(
      members.map((member) => member.pubsub('CHANNELS', `${redis.options.keyPrefix ?? ''}mcp:bus*`))
    )
    return channels.flat().length > 0
  } finally {
    redis.disconnect()
  }
}

/** @throws BackupError for a storage that holds something, or that cannot be read. */
async function checkEmpty (config: Target): Promise<void> {
  if (config.redisUrl === undefined && !existsSync(join(config.dataDir, OAUTH_DATABASE))) return
  const storage = await openStorage(config, monotonicClock, warnOnTerminal)
  try {
    if (await isEmpty(storage)) return
    throw new BackupError(
      `${storage.description} is not empty. Nothing was changed. To put the backup in the place of what is there, stop the server and add --replace`
    )
  } finally {
    await storage.close()
  }
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

/** Redis has no second place that could take the place of the first in one step, so a fault half way is said. */
async function loadOverRedis (target: Target, folder: string): Promise<void> {
  try {
    await load(target, folder)
  } catch (error) {
    throw new BackupError(
      `Redis failed while it was written to, and may hold only part of the backup: ${(error as Error).message}. ` +
        'When it works again, restore once more with --replace; do not start the server before',
      { cause: error }
    )
  }
}

/** The write-ahead log of the old file goes first: it would be replayed into the new one. */
async function takePlace (staged: string, dataDir: string, name: string): Promise<void> {
  for (const suffix of ['-wal', '-shm']) await rm(join(dataDir, name + suffix), { force: true })
  await rename(join(staged, name), join(dataDir, name))
}
