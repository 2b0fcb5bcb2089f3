// Bytes of a text file to characters: in the encoding that the file itself declares (WHATWG Encoding §6.1 for marks, HTML
// §13.2.3.2 for `meta`, XML §4.3.3), otherwise UTF-8, and as a last resort windows-1252, which is what Windows and Excel write.
import { SkippedFile } from './skipped-file.ts'

/** Bytes in which a declaration is looked for. */
const HEAD = 1_024
/** The share of control characters in a text: at most one in a hundred. */
const MAX_CONTROLS = 0.01

/** @param type MIME type, for the declarations that only HTML and XML have. @throws SkippedFile for a file that is not text. */
export function decodeText (bytes: Uint8Array, type: string): string {
  const declared = markOf(bytes) ?? declarationIn(bytes, type)
  const text = declared === undefined ? undefined : decode(bytes, declared, false)
  // A declaration that is wrong (UTF-16 in a page that is read as ASCII, an unknown name) counts for nothing.
  const found = text ?? decode(bytes, 'utf-8', true) ?? decode(bytes, 'windows-1252', false)!
  if (isBinary(found)) throw new SkippedFile('it is binary', 'binary')
  return found
}

/** Whether a file without an ending is text, judged by its first bytes. */
export function isText (beginning: Uint8Array): boolean {
  const text = decode(beginning, markOf(beginning) ?? 'utf-8', false)
  return text !== undefined && text !== '' && !isBinary(text) && text.split('\ufffd').length < 3
}

function markOf ([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined
}

function declarationIn (bytes: Uint8Array, type: string): string | undefined {
  if (!/html|xml/.test(type)) return undefined
  const head = Buffer.from(bytes.subarray(0, HEAD)).toString('latin1')
  const [, name] =
    /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})/i.exec(head) ??
    /<meta\b[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(head) ?? []
  return name === undefined || /^utf-?16/i.test(name) ? undefined : name
}

/** @returns undefined for an unknown encoding, and, where `isStrict`, for bytes that are not valid in it. */
function decode (bytes: Uint8Array, encoding: string, isStrict: boolean): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: isStrict }).decode(bytes)
  } catch {
    return undefined
  }
}

function isBinary (text: string): boolean {
  if (text.includes('\0')) return true
  let controls = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 9 || (code > 13 && code < 32 && code !== 27) || (code > 126 && code < 160)) controls++
  }
  return controls > text.length * MAX_CONTROLS
}
