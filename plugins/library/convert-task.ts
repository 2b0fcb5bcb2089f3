// Runs in a worker: reads the text of files that are heavy or could be hostile (packed formats and large pages). A failure
// here does not stop the server.
import { BROKEN, LOCKED, type Converted } from './formats/contract.ts'
import { readMarkup } from './formats/markup.ts'
import { TooMuch } from './formats/zip.ts'

export type { Converted } from './formats/contract.ts'

/** The bytes of a packed format, or the characters of a text format. */
export type Conversion = { type: string; bytes: Uint8Array } | { type: string; text: string }

/** Characters, as for a text file: a small file may unpack to far more than a document. */
const MAX_TEXT = 5_000_000

/** @returns text and title, or why the file is left out. Never throws for a packed format. */
export default async function convert (conversion: Conversion): Promise<Converted> {
  if ('text' in conversion) return readMarkup(conversion.type, conversion.text)
  const { type, bytes } = conversion
  try {
    const answer = isOle(bytes) ? LOCKED : await readPacked(type, bytes)
    return 'text' in answer && answer.text.length > MAX_TEXT ? tooLarge('its text is longer than 5 MB') : answer
  } catch (error) {
    if (error instanceof TooMuch) return tooLarge(error.message)
    return BROKEN
  }
}

const tooLarge = (skipped: string): Converted => ({ skipped, kind: 'too large' })

async function readPacked (type: string, bytes: Uint8Array): Promise<Converted> {
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
