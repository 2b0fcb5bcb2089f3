// What a process wrote, fit for our log: no secrets of the file, nothing that a terminal would obey (CWE-117, CWE-150).
import { stripVTControlCharacters } from 'node:util'
import { printable } from '../../observability/terminal-text.ts'
import { endOf, hiddenParts, hideIn } from '../without-secrets.ts'

/** Bytes of a line that are logged. */
const MAX_LOGGED_BYTES = 2_000

export type Clean = (line: Buffer) => string

/** @param secrets values that are replaced by `***`, whole and line by line. */
export function createCleaner (secrets: readonly string[]): Clean {
  const hidden = hiddenParts(secrets)
  // No character has more than three bytes for each of its units.
  const most = 3 * (MAX_LOGGED_BYTES + endOf(hidden) + 1)
  return (line) => {
    const text = hideIn(line.subarray(0, most).toString(), hidden, '***', MAX_LOGGED_BYTES)
    const isCut = line.length > MAX_LOGGED_BYTES
    return printable(stripVTControlCharacters(text.slice(0, MAX_LOGGED_BYTES)).trim()) + (isCut ? ' …' : '')
  }
}
