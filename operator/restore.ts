// `npm run restore -- FOLDER`: puts a backup into the storage that the configuration names, which need not be of the kind it was taken from: this is also the way from SQLite to Redis.
import { constants } from 'node:fs'
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { monotonicClock } from '../clock.ts'
import { loadConfig, readEnvironment, type Config } from '../config.ts'
import { openStorage } from '../plugins/storage/index.ts'
import type { Storage } from '../plugins/storage/contract.ts'
import { BackupError, keyChecks, readEntries, readManifest, SECRET_KEY, type Manifest } from './backup-format.ts'
import { command } from './command.ts'

await command(`Puts a backup into the storage that the configuration names. Stop the server first.
  npm run restore -- FOLDER              into an empty storage
  npm run restore -- --replace FOLDER    deletes everything that is stored there before
`, async ([folder], { replace }) => {
  const config = await loadConfig(readEnvironment())
  const manifest = await readManifest(folder!)
  const key = await checkKey(config, manifest, folder!)
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 })
  const storage = await openStorage(config, monotonicClock, { warn: (message) => { process.stderr.write(`${message}\n`) } })
  try {
    if (!replace && !await isEmpty(storage)) throw new BackupError(`${storage.description} is not empty. Nothing was changed. To delete what is there and put the backup in its place, stop the server and add --replace`)
    await storage.clear()
    await storage.load(readEntries(folder!))
    for (const name of manifest.databases) await replaceDatabase(join(folder!, name), join(config.dataDir, name))
    if (key === 'copy') await copyFile(join(folder!, SECRET_KEY), join(config.dataDir, SECRET_KEY))
    return `Restored ${manifest.entries} entries of ${manifest.createdAt} into ${storage.description}.`
  } finally {
    await storage.close()
  }
})

/**
 * Nothing is restored that the server could not open. @returns whether the key of the backup takes the place of a generated one.
 * @throws BackupError when the configured key is another one.
 */
async function checkKey ({ secretKeys }: Pick<Config, 'secretKeys'>, { keyCheck }: Manifest, folder: string): Promise<'copy' | 'keep'> {
  if (secretKeys.length > 0) {
    if (keyChecks(secretKeys).includes(keyCheck)) return 'keep'
    throw new BackupError(`This backup was sealed with another secret key: set SECRET_KEY to that one (or add it behind the new one, with a comma between). If ${join(folder, SECRET_KEY)} exists, it holds it. Nothing was changed`)
  }
  const key = await readFile(join(folder, SECRET_KEY), 'utf8').catch(() => {
    throw new BackupError('This backup was made with SECRET_KEY set: set it to the same value. Nothing was changed')
  })
  if (keyChecks([key.trim()])[0] !== keyCheck) throw new BackupError(`${SECRET_KEY} in ${folder} is damaged. Nothing was changed`)
  return 'copy'
}

async function isEmpty (storage: Storage): Promise<boolean> {
  for await (const entry of storage.entries()) if (!('record' in entry) || entry.record.kind !== 'check') return false
  return true
}

async function replaceDatabase (from: string, to: string): Promise<void> {
  for (const suffix of ['-wal', '-shm', '']) await rm(to + suffix, { force: true })
  await copyFile(from, to, constants.COPYFILE_EXCL)
}
