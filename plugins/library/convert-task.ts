// Runs in a worker: reads the text of a file, of whatever format. No other code looks into a document, so a hostile one
// costs its time in the worker, and is left out.
import { isText } from './characters.ts'
import { decodeText } from './decode.ts'
import { isPacked, UNNAMED } from './file-types.ts'
import { storable } from '../storable.ts'
import { BROKEN, LOCKED, type Converted } from './formats/contract.ts'
import { TooMuch } from './formats/zip.ts'
import { SkippedFile } from './skipped-file.ts'
import { withoutData } from './without-data.ts'

export type { Converted } from './formats/contract.ts'

/** A whole file. */
export interface Conversion {
  /** MIME type, by the name of the file. */
  type: string
  bytes: Uint8Array
}

/** Characters, as for a text file: a small file may unpack to far more than a document. */
const MAX_TEXT = 5 * 1024 * 1024
/** Characters of a title, before it is shortened to a line. */
const MAX_TITLE = 1_000
/** Bytes by which a file without an ending is judged. */
const HEAD = 8_192

/** One file after the other. */
export default (files: Conversion[]): Promise<Converted[]> => Array.fromAsync(files, convert)

/** @returns text and title, or why the file is left out. Never throws. */
export async function convert ({ type, bytes }: Conversion): Promise<Converted> {
  try {
    const found = isPacked(type) ? await readPacked(type, bytes) : await readText(type, bytes)
    if ('skipped' in found) return found
    if (found.text.length > MAX_TEXT) throw new TooMuch('its text is longer than 5 MB')
    return { text: withoutData(storable(found.text)), title: found.title && storable(found.title.trim().slice(0, MAX_TITLE)) }
  } catch (error) {
    if (error instanceof SkippedFile) return { skipped: error.message, kind: error.kind }
    return error instanceof TooMuch ? { skipped: error.message, kind: 'too large' } : BROKEN
  }
}

/** Text whose words have to be separated from markup. */
const isMarkup = (type: string): boolean => /html|ipynb|vtt|subrip|calendar|vcard/.test(type)

/** @throws SkippedFile for a file that is not text. */
async function readText (type: string, bytes: Uint8Array): Promise<Converted> {
  if (type === UNNAMED && !isText(bytes.subarray(0, HEAD))) throw new SkippedFile('it is binary', 'binary')
  const text = decodeText(bytes, type)
  if (isMarkup(type)) return (await import('./formats/markup.ts')).readMarkup(type, text)
  return { text, title: type === 'text/markdown' ? (await import('./markdown-title.ts')).markdownTitle(text) : undefined }
}

async function readPacked (type: string, bytes: Uint8Array): Promise<Converted> {
  if (isOle(bytes)) return LOCKED
  if (type === 'application/pdf') return (await import('./formats/pdf.ts')).readPdf(bytes)
  if (type.includes('wordprocessing')) return (await import('./formats/word.ts')).readWord(bytes)
  if (type.includes('presentationml')) return (await import('./formats/slides.ts')).readSlides(bytes)
  if (type.includes('sheet')) return (await import('./formats/sheets.ts')).readSheets(type, bytes)
  if (type.includes('opendocument')) return (await import('./formats/open-document.ts')).readOpenDocument(bytes)
  if (type.includes('epub')) return (await import('./formats/epub.ts')).readBook(bytes)
  if (type === 'message/rfc822') return (await import('./formats/mail.ts')).readMail(bytes)
  if (type === 'application/rtf') return (await import('./formats/rich-text.ts')).readRichText(bytes)
  return BROKEN
}

/** Office wraps a file with a password in a file of another kind ([MS-OFFCRYPTO] §2.2). */
const isOle = (bytes: Uint8Array): boolean => bytes[0] === 0xd0 && bytes[1] === 0xcf && bytes[2] === 0x11 && bytes[3] === 0xe0
