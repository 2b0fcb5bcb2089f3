// Runs in a worker: the text of what is heavy or could be hostile, a PDF or a large page of HTML. Whatever happens
// here, the server goes on.
// Tested in test/plugins/library/extract.test.ts.
import { definePDFJSModule, extractText, getDocumentProxy, getMeta } from 'unpdf'
import { htmlText, htmlTitle } from './html.ts'

export interface Conversion {
  type: 'application/pdf' | 'text/html'
  bytes: Uint8Array
}

/** `skipped` is the reason why the file cannot serve, as the operator shall read it. */
export type Converted = { text: string; title?: string | undefined } | { skipped: string }

export default async function convert ({ type, bytes }: Conversion): Promise<Converted> {
  return type === 'application/pdf' ? convertPdf(bytes) : convertHtml(bytes)
}

function convertHtml (bytes: Uint8Array): Converted {
  try {
    const html = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { text: htmlText(html), title: htmlTitle(html) }
  } catch (error) {
    if (error instanceof RangeError) return { skipped: 'its HTML is nested too deeply' }
    throw error
  }
}

/** Most pages that are read; what is longer is archive rather than document. */
const MAX_PAGES = 5_000

async function convertPdf (bytes: Uint8Array): Promise<Converted> {
  // The build without DOM and canvas; it runs none of a document's scripts, and fetches nothing.
  await definePDFJSModule(() => import('unpdf/pdfjs'))
  try {
    const pdf = await getDocumentProxy(new Uint8Array(bytes), {
      disableFontFace: true,
      useSystemFonts: false,
      verbosity: 0
    })
    if (pdf.numPages > MAX_PAGES) return { skipped: `it has more than ${MAX_PAGES} pages` }
    const { text } = await extractText(pdf)
    const pages = text.map((page) => page.toWellFormed().replaceAll('\0', '').trim())
    if (pages.every((page) => page === '')) { return { skipped: 'it holds no text; if it was scanned, run it through text recognition (OCR) first' } }
    const { info } = await getMeta(pdf)
    return {
      text: pages.length === 1 ? pages[0]! : pages.map((page, index) => `[Page ${index + 1}]\n${page}`).join('\n\n'),
      title: titleOf(info)
    }
  } catch (error) {
    const { name } = error as Error
    if (name === 'PasswordException') return { skipped: 'it is protected by a password' }
    return { skipped: `it is broken, or no PDF (${name})` }
  }
}

/** What people wrote; not what their program put there by itself. */
function titleOf ({ Title: title }: Record<string, unknown>): string | undefined {
  return typeof title === 'string' &&
    !/^\s*(untitled|microsoft \w+ -|document\d*\s*$)|\.(docx?|indd|tex|dvi|qxd|pdf|rtf|odt|pptx?|html?)\s*$|^about:blank$/i.test(
      title
    )
    ? title
    : undefined
}
