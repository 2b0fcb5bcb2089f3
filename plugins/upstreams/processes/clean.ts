// What a process wrote, fit for our log: no secrets of the file, nothing that a terminal would obey (CWE-117, CWE-150).
import { stripVTControlCharacters } from 'node:util'
import { printable } from '../../observability/terminal-text.ts'
import { hiddenParts, hide } from '../without-secrets.ts'

/** Bytes of a line that are logged. */
const MAX_LOGGED_BYTES = 2_000

export type Clean = (line: Buffer) => string

/** @param secrets values that are replaced by `***`, whole and line by line. */
export function createCleaner (secrets: readonly string[]): Clean {
  const hidden = hiddenParts(secrets)
  // Cut after the replacement: half a secret at the end would be none of them.
  const window = MAX_LOGGED_BYTES + Math.max(0, ...hidden.map((secret) => Buffer.byteLength(secret)))
  return (line) => {
    const text = hide(line.subarray(0, window).toString(), hidden, '***')
    const isCut = line.length > MAX_LOGGED_BYTES
    return printable(stripVTControlCharacters(text.slice(0, MAX_LOGGED_BYTES)).trim()) + (isCut ? ' …' : '')
  }
}
