// The secret key that is generated at the first start, where SECRET_KEY is not set: one for each data folder.
import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from '../errors.ts'

/** In the data folder, and in a backup of it. */
export const KEY_FILE = 'secret-key'

/** Reads the generated key of this data folder, made at the first start. Processes that start at once agree on one. */
export function loadGeneratedKey (dataDir: string): string {
  const file = join(dataDir, KEY_FILE)
  try {
    return readKey(file)
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  // Written whole under another name and linked: no process reads half a key, and the first link wins.
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(draft, randomBytes(32).toString('base64url') + '\n', { mode: 0o600, flush: true })
  try {
    linkSync(draft, file)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(draft)
  }
  return readKey(file)
}

function readKey (file: string): string {
  const key = readFileSync(file, 'utf8').trim()
  if (key.length < 32) { throw new StartError(`${file} is damaged: restore it from a backup, or delete it (people then sign in again)`) }
  return key
}
