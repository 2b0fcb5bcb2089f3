// What is taken from one file: its text, its title and its type. A file that cannot serve as a document says why.
import { constants, open, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { MAX_TITLE_LENGTH, type IndexedDocument } from './contract.ts'
import type { Conversion, Converted } from './convert-task.ts'
import { decodeText, isText } from './decode.ts'
import { isPacked, maxBytesOf, nameOf, typeOf, UNNAMED } from './file-types.ts'
import { SkippedFile } from './skipped-file.ts'
import { withoutData } from './without-data.ts'

const MB = 1024 * 1024
/** Characters; text up to this size is converted here, in less time than a worker takes to start. */
const SMALL = 100_000

/** Converts in a worker. @throws SkippedFile when that takes too long or too much memory. */
export type Convert = (conversion: Conversion) => Promise<Converted>

interface Content {
  text: string
  title?: string | undefined
}

/**
 * @param root a real path. @param id the file's path inside it; a link in the last place is followed inside the root.
 * @throws SkippedFile for a file that is too large, broken, not text, or not where its name says; errors of the file
 * system are passed on.
 */
export async function readDocument (root: string, id: string, convert: Convert): Promise<IndexedDocument> {
  const type = typeOf(id) ?? 'text/plain'
  const { bytes, size, modified } = await readBytes(root, id, maxBytesOf(type))
  if (type === UNNAMED && !isText(bytes.subarray(0, 8_192))) throw new SkippedFile('it is binary', 'binary')
  const { text, title } = await contentOf(type, bytes, convert)
  return {
    id,
    title: oneLine(title) ?? nameOf(id, type),
    text: withoutData(text),
    type: type === UNNAMED ? 'text/plain' : type,
    modified,
    bytes: size
  }
}

/** The bytes of a document. @param folder its path may be a link. @throws as {@link readDocument} does. */
export async function readFileOf (folder: string, id: string): Promise<Buffer> {
  return (await readBytes(await realpath(folder), id, maxBytesOf(typeOf(id) ?? 'text/plain'))).bytes
}

async function readBytes (root: string, id: string, largest: number) {
  const path = await realpath(join(root, id))
  if (!path.startsWith(root + sep)) throw new SkippedFile('a link leads out of the documents folder', 'link')
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
  try {
    // Asked while the file is open: no folder on the way to it is, or has just become, a link to elsewhere.
    if ((await realpath(path)) !== path) throw new SkippedFile('a link on the way to it has just changed', 'link')
    const stats = await file.stat()
    if (!stats.isFile()) throw new SkippedFile('it is not a regular file', 'no file')
    if (stats.size > largest) throw new SkippedFile(`it is larger than ${largest / MB} MB`, 'too large')
    return { bytes: await file.readFile(), size: stats.size, modified: stats.mtimeMs }
  } finally {
    await file.close()
  }
}

async function contentOf (type: string, bytes: Buffer, convert: Convert): Promise<Content> {
  if (isPacked(type)) return converted(await convert({ type, bytes }))
  const source = decodeText(bytes, type)
  if (!isMarkup(type)) return { text: source, title: type === 'text/markdown' ? (await import('./markdown-title.ts')).markdownTitle(source) : undefined }
  if (source.length > SMALL) return converted(await convert({ type, text: source }))
  return converted((await import('./formats/markup.ts')).readMarkup(type, source))
}

/** Text whose words have to be separated from markup. */
const isMarkup = (type: string): boolean => /html|ipynb|vtt|subrip|calendar|vcard/.test(type)

function converted (answer: Converted): Content {
  if ('skipped' in answer) throw new SkippedFile(answer.skipped, answer.kind)
  return answer
}

const oneLine = (title: string | undefined): string | undefined =>
  title?.replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE_LENGTH).toWellFormed() || undefined
