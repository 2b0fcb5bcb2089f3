// Bytes of a text to characters: in the encoding of their mark (WHATWG Encoding §6.1) or the one that they are said to have,
// otherwise UTF-8, and as a last resort windows-1252, which is what Windows and Excel write. Takes no longer than the bytes are
// many: the server itself reads files of rules with it.
// Tested in test/plugins/library/decode.test.ts and test/plugins/library/ignore-rules.test.ts.
import { SkippedFile } from './skipped-file.ts'

/** The share of control characters in a text: at most one in a hundred. */
const MAX_CONTROLS = 0.01

/** @param declared the name of an encoding; one that is wrong counts for nothing. @throws SkippedFile for what is not text. */
export function textOf (bytes: Uint8Array, declared?: string): string {
  const encoding = markOf(bytes) ?? declared
  const text = encoding === undefined ? undefined : decode(bytes, encoding, false)
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
