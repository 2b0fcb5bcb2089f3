// A text file to characters: in the encoding that the file itself declares (HTML §13.2.3.2 for `meta`, XML §4.3.3), otherwise
// as any text.
import { textOf } from './characters.ts'

/** Bytes in which a declaration is looked for. */
const HEAD = 1_024

/** @param type MIME type, for the declarations that only HTML and XML have. @throws SkippedFile for a file that is not text. */
export const decodeText = (bytes: Uint8Array, type: string): string => textOf(bytes, declarationIn(bytes, type))

function declarationIn (bytes: Uint8Array, type: string): string | undefined {
  if (!/html|xml/.test(type)) return undefined
  const head = Buffer.from(bytes.subarray(0, HEAD)).toString('latin1')
  const [, name] =
    /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})/i.exec(head) ??
    /<meta\b[^>]{0,400}?charset\s*=\s*["']?\s*([\w.:-]{1,40})/i.exec(head) ?? []
  return name === undefined || /^utf-?16/i.test(name) ? undefined : name
}
