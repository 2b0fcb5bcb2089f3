// Runs in a worker: the text of what is heavy or could be hostile, packed formats and large pages. Whatever happens here,
// the server goes on.
import type { Converted } from './formats/contract.ts'
import { readMarkup } from './formats/markup.ts'

export type { Converted } from './formats/contract.ts'

/** The bytes of a packed format, or the characters of a text format. */
export type Conversion = { type: string; bytes: Uint8Array } | { type: string; text: string }

export default async function convert (conversion: Conversion): Promise<Converted> {
  if ('text' in conversion) return readMarkup(conversion.type, conversion.text)
  return (await import('./formats/pdf.ts')).readPdf(conversion.bytes)
}
