// Explains to the operator why a database cannot be opened.
import { StartError } from '../../../errors.ts'
import { hasCode, isDamaged, isFull, isLocked, SQLITE } from './faults.ts'

/** @returns an error with the reason and the remedy, for the operator. */
export function explain (error: unknown, dataDir: string, file: string): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (isDamaged(error)) { return new StartError(`${file} is damaged (${message}). Restore a backup: docs/operations.md`, { cause: error }) }
  if (isFull(error) || code === 'ENOSPC') {
    return new StartError(
      `${file} cannot be opened: the disk is full. Make some megabytes of room on it and start again.`,
      { cause: error }
    )
  }
  if (isLocked(error)) {
    return new StartError(`${file} is locked by another process. End it, or wait until it is done, and start again.`, {
      cause: error
    })
  }
  if (hasCode(error, SQLITE.cantOpen, SQLITE.readOnly) || /^E(?:ACCES|PERM|ROFS|NOTDIR|EXIST|NOENT)$/.test(code)) {
    return new StartError(
      `DATA_DIR: the server cannot write to ${dataDir} (${message}). Name a folder that the user who runs it owns, or give it to that user: chown -R USER ${dataDir}`,
      { cause: error }
    )
  }
  return error
}
