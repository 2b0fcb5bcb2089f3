// Reads the files in a ZIP archive (Office, OpenDocument, EPUB), within bounds that are checked before anything is unpacked.
import { unzipSync, type UnzipFileInfo } from 'fflate'
import { decodeText } from '../decode.ts'

/** Files in one archive, whether they are wanted or not. */
const MAX_ENTRIES = 10_000
/** Bytes of all unpacked files together. */
const MAX_UNPACKED = 100 * 1024 * 1024

/** The archive exceeds a bound. */
export class TooMuch extends Error {}

/** By their paths in the archive. */
export type Unpacked = ReadonlyMap<string, Uint8Array>

/**
 * @param isWanted by its path; nothing else is unpacked, and no archive inside it is opened.
 * @throws TooMuch beyond the bounds; Error for a file that is not a ZIP archive.
 */
export function unpack (bytes: Uint8Array, isWanted: (name: string) => boolean): Unpacked {
  let entries = 0
  let total = 0
  const filter = ({ name, originalSize }: UnzipFileInfo): boolean => {
    if (++entries > MAX_ENTRIES) throw new TooMuch('it holds too many files')
    if (!isWanted(name)) return false
    // A file gets no more room than the unpacked size that the archive declares.
    total += originalSize
    if (total > MAX_UNPACKED) throw new TooMuch('it is too large inside')
    return true
  }
  return new Map(Object.entries(unzipSync(bytes, { filter })))
}

/** The characters of one of the files; empty where there is none. */
export function textOf (files: Unpacked, name: string): string {
  const bytes = files.get(name)
  return bytes ? decodeText(bytes, 'application/xml') : ''
}
