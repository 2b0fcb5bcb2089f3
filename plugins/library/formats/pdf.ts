// A PDF as its text by page, in the order in which people read it.
// Tested in test/plugins/library/extract.test.ts.
import { definePDFJSModule, extractTextItems, getDocumentProxy, getMeta, type StructuredTextItem } from 'unpdf'
import { LOCKED, type Converted } from './contract.ts'
import { inReadingOrder } from './reading-order.ts'

/** A longer file is an archive rather than a document. */
const MAX_PAGES = 5_000

const SCANNED = {
  skipped: 'it holds no text; if it was scanned, run it through text recognition (OCR) first',
  kind: 'no text'
}

/** @returns the text with `[Page n]` before each of several pages, or why there is none. */
export async function readPdf (bytes: Uint8Array): Promise<Converted> {
  // The build without DOM and canvas: it runs no scripts of a document, and fetches nothing.
  await definePDFJSModule(() => import('unpdf/pdfjs'))
  try {
    const pdf = await getDocumentProxy(new Uint8Array(bytes), {
      disableFontFace: true,
      useSystemFonts: false,
      verbosity: 0
    })
    if (pdf.numPages > MAX_PAGES) return { skipped: `it has more than ${MAX_PAGES} pages`, kind: 'too many pages' }
    const { items } = await extractTextItems(pdf)
    const pages = items.map((runs) => readable(textOf(runs).toWellFormed().replaceAll('\0', '')).trim())
    if (pages.every((page) => page === '')) return SCANNED
    const { info } = await getMeta(pdf)
    return {
      text: pages.length === 1 ? pages[0]! : pages.map((page, index) => `[Page ${index + 1}]\n${page}`).join('\n\n'),
      title: titleOf(info)
    }
  } catch (error) {
    const { name } = error as Error
    if (name === 'PasswordException') return LOCKED
    return { skipped: `it is broken, or not a PDF (${name})`, kind: 'broken' }
  }
}

/** Line by line: the last run of a line says that the line ends. */
function textOf (runs: readonly StructuredTextItem[]): string {
  const lines: StructuredTextItem[][] = [[]]
  for (const run of runs) {
    lines.at(-1)!.push(run)
    if (run.hasEOL) lines.push([])
  }
  return lines.map(inReadingOrder).join('\n')
}

/**
 * Characters as people type them (UAX #15, NFKC: ligatures, Kangxi radicals, forms of Arabic letters), and words that
 * were divided at the end of a line joined again. A hyphen before a capital or after a digit is kept.
 */
const readable = (page: string): string =>
  page
    .replace(/(?<=\p{Ll})[-\u00ad\u2010]\n(?=\p{Ll})/gu, '')
    .normalize('NFKC')

/** A title that a person wrote; not one that their program filled in. */
function titleOf ({ Title: title }: Record<string, unknown>): string | undefined {
  return typeof title === 'string' &&
    !/^\s*(untitled|microsoft \w+ -|document\d*\s*$)|\.(docx?|indd|tex|dvi|qxd|pdf|rtf|odt|pptx?|html?)\s*$|^about:blank$/i.test(
      title
    )
    ? title
    : undefined
}
