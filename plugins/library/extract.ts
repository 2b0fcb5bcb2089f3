// What is taken from one file: its text, its title and its type. A file that cannot serve as a document says why. Its
// bytes are read here and looked at in a worker only: no document can stop the server.
import type { Stats } from 'node:fs'
import { constants, open, realpath, type FileHandle } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { MAX_TITLE_LENGTH, type IndexedDocument } from './contract.ts'
import type { Conversion, Converted } from './convert-task.ts'
import { maxBytesOf, nameOf, typeOf, UNNAMED } from './file-types.ts'
import { SkippedFile } from './skipped-file.ts'

const MB = 1024 * 1024

/** Converts in a worker. @throws SkippedFile when that takes too long or too much memory. */
export type Convert = (conversion: Conversion) => Promise<Converted>

/**
 * @param root a real path. @param id the file's path inside it; a link in the last place is followed inside the root.
 * @throws SkippedFile for a file that is too large, broken, not text, or not where its name says; errors of the file
 * system are passed on.
 */
export async function readDocument (root: string, id: string, convert: Convert): Promise<IndexedDocument> {
  const type = typeOf(id) ?? 'text/plain'
  const { bytes, size, modified } = await readBytes(root, id, maxBytesOf(type))
  const found = await convert({ type, bytes })
  if ('skipped' in found) throw new SkippedFile(found.skipped, found.kind)
  return {
    id,
    title: oneLine(found.title) ?? nameOf(id, type),
    text: found.text,
    type: type === UNNAMED ? 'text/plain' : type,
    modified,
    bytes: size
  }
}

/** The file of a document, as a stream. @param folder its path may be a link. @throws as {@link readDocument} does. */
export async function openFileOf (folder: string, id: string): Promise<{ stream: Readable; bytes: number }> {
  const { file, stats } = await openFile(await realpath(folder), id, maxBytesOf(typeOf(id) ?? 'text/plain'))
  // No more than is announced, even if the file grows meanwhile.
  return { stream: file.createReadStream({ end: Math.max(0, stats.size - 1) }), bytes: stats.size }
}

async function readBytes (root: string, id: string, largest: number) {
  const { file, stats } = await openFile(root, id, largest)
  try {
    return { bytes: await readWhole(file, stats.size, largest), size: stats.size, modified: timeOf(stats) }
  } finally {
    await file.close()
  }
}

/** No more than it may have, even if it grows meanwhile. @param size what it had, as it was said. */
async function readWhole (file: FileHandle, size: number, largest: number): Promise<Buffer> {
  let bytes = Buffer.allocUnsafeSlow(size + 1)
  let length = 0
  while (length <= largest) {
    if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(2 * length, largest + 1))
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, null)
    if (bytesRead === 0) return bytes.subarray(0, length)
    length += bytesRead
  }
  throw tooLarge(largest)
}

const tooLarge = (largest: number) => new SkippedFile(`it is larger than ${largest / MB} MB`, 'too large')

/** The first bytes of a file. @throws as {@link readDocument} does. */
export async function readBeginning (root: string, id: string, bytes: number): Promise<Buffer> {
  const { file } = await openFile(root, id, Infinity)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

async function openFile (root: string, id: string, largest: number): Promise<{ file: FileHandle; stats: Stats }> {
  const path = await realpath(join(root, id))
  if (!path.startsWith(root + sep)) throw new SkippedFile('a link leads out of the documents folder', 'link')
  const file = await open(path, OPEN)
  try {
    // Asked while the file is open: no folder on the way to it is, or has just become, a link to elsewhere.
    if ((await realpath(path)) !== path) throw new SkippedFile('a link on the way to it has just changed', 'link')
    const stats = await file.stat()
    if (!stats.isFile()) throw new SkippedFile('it is not a regular file', 'no file')
    if (stats.size > largest) throw tooLarge(largest)
    return { file, stats }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** A pipe that nobody writes to must not be waited for: it would take one of the few threads for files. */
const OPEN = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

const oneLine = (title: string | undefined): string | undefined =>
  title?.replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE_LENGTH).toWellFormed() || undefined

/** Milliseconds: no later time is a date (ECMAScript, "Time Values and Time Range"). */
const MAX_TIME = 8.64e15

/** When a file was changed, in milliseconds since the epoch. Some file systems keep any number of 64 bits. */
export const timeOf = ({ mtimeMs }: Pick<Stats, 'mtimeMs'>): number => Math.min(Math.max(mtimeMs, -MAX_TIME), MAX_TIME)
