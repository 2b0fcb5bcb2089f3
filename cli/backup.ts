// `npm run backup -- FOLDER`: writes everything the server has stored into a folder, while the server runs.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { loadConfig, readEnvironment, type Config } from '../config/index.ts'
import { loadGeneratedKey } from '../plugins/generated-key.ts'
import * as server from '../version.ts'
import type { StorageExport } from '../plugins/storage/contract.ts'
import {
  BackupError,
  checkDatabase,
  copyDatabase,
  ENTRIES,
  FORMAT,
  hashFile,
  keyChecks,
  MANIFEST,
  SECRET_KEY,
  type Manifest
} from './backup-format.ts'
import { command, openExisting, warnOnTerminal } from './command.ts'
import { commandLine } from './usage.ts'

/** What is made anew where it is missing (threat SG-26). */
const INDEX = 'library.db'

await command(
  `Writes everything the server has stored into a new folder, while it runs.
  ${commandLine('backup')}FOLDER
The folder holds accounts, and the secret key if the server made one: keep it as private as DATA_DIR.
`,
  async ([folder]) => {
    const config = await loadConfig(readEnvironment())
    const storage = await openExisting(config)
    try {
      await mkdir(folder!, { recursive: true, mode: 0o700 })
      if ((await readdir(folder!)).length > 0) throw new BackupError(`${folder} is not empty: name a new folder`)
      const written = await writeEntries(storage, join(folder!, ENTRIES))
      const databases = await copyDatabases(config.dataDir, folder!)
      const about: Manifest = {
        format: FORMAT,
        version: server.version,
        createdAt: new Date().toISOString(),
        source: storage.description,
        ...written,
        keyCheck: await copyKey(config, folder!),
        databases
      }
      await writeFile(join(folder!, MANIFEST), `${JSON.stringify(about, null, 2)}\n`, { mode: 0o600, flush: true })
      return `Backup of ${storage.description} in ${folder}: ${written.entries} entries${databases.map(({ name }) => `, ${name}`).join('')}.`
    } finally {
      await storage.close()
    }
  }
)

async function writeEntries (storage: StorageExport, file: string): Promise<Pick<Manifest, 'entries' | 'sha256'>> {
  const hash = createHash('sha256')
  let entries = 0
  async function * lines () {
    for await (const entry of storage.entries()) {
      const line = `${JSON.stringify(entry)}\n`
      hash.update(line)
      entries++
      yield line
    }
  }
  await pipeline(lines, createWriteStream(file, { mode: 0o600, flush: true }))
  return { entries, sha256: hash.digest('hex') }
}

/** Copies every database in DATA_DIR but oauth.db, whose content is in the entries. */
async function copyDatabases (dataDir: string, folder: string): Promise<Manifest['databases']> {
  const names = (await readdir(dataDir).catch(() => []))
    .filter((name) => /^[\w-]+\.db$/.test(name) && name !== 'oauth.db')
    .sort()
  const copies: Manifest['databases'] = []
  for (const name of names) {
    const reason = await copyWhole(dataDir, folder, name)
    if (reason === undefined) copies.push({ name, sha256: await hashFile(join(folder, name)) })
    else if (name !== INDEX) throw notCopied(join(dataDir, name), reason)
    else {
      await rm(join(folder, name), { force: true })
      warnOnTerminal.warn(`${join(dataDir, name)} is left out: ${reason}. Nothing is lost: a server makes it anew from the documents`)
    }
  }
  return copies
}

/** @returns why not. */
async function copyWhole (dataDir: string, folder: string, name: string): Promise<string | undefined> {
  try {
    await copyDatabase(join(dataDir, name), join(folder, name))
    checkDatabase(folder, name)
    return undefined
  } catch (error) {
    const found = error instanceof BackupError ? error.cause : error
    return (found as Error | undefined)?.message ?? 'it is empty or damaged'
  }
}

function notCopied (file: string, reason: string): BackupError {
  return new BackupError(
    `${file} cannot be copied: ${reason}. The backup is not complete. To back up everything else, stop the server, move this file elsewhere, and name another folder`
  )
}

/** @returns what later shows whether a key is the right one. */
async function copyKey (
  { secretKeys, dataDir }: Pick<Config, 'secretKeys' | 'dataDir'>,
  folder: string
): Promise<string> {
  if (secretKeys.length > 0) return keyChecks(secretKeys)[0]!
  const check = keyChecks([loadGeneratedKey(dataDir)])[0]!
  await copyFile(join(dataDir, SECRET_KEY), join(folder, SECRET_KEY))
  return check
}
