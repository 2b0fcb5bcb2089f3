// Small files of packed formats, put together by hand, for tests.
import { convert } from '../../../../plugins/library/convert-task.ts'
import { typeOf } from '../../../../plugins/library/file-types.ts'
import { strToU8, zipSync } from 'fflate'

/** A ZIP file of these texts. */
export const zip = (files: Record<string, string>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])))

/** @param paragraphs the XML of the body. */
export const docx = (body: string, parts: Record<string, string> = {}): Uint8Array =>
  zip({
    'word/document.xml': `<w:document><w:body>${body}</w:body></w:document>`,
    'word/styles.xml': '<w:styles><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style></w:styles>',
    ...parts
  })

export const paragraph = (text: string, style = ''): string =>
  `<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`

const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const SHEETS = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'

/** A workbook of one sheet. */
export function xlsx (
  rows: ReadonlyArray<readonly (string | number)[]>,
  name = 'Sheet',
  state: 'visible' | 'hidden' | 'veryHidden' = 'visible',
  first = ''
): Uint8Array {
  const cell = (value: string | number) =>
    typeof value === 'number' ? `<c><v>${value}</v></c>` : `<c t="inlineStr"><is><t>${value}</t></is></c>`
  const related = (file: string, type: string) =>
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${RELATIONS}/${type}" Target="${file}"/></Relationships>`
  return zip({
    '[Content_Types].xml':
      '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    '_rels/.rels': related('xl/workbook.xml', 'officeDocument'),
    'xl/workbook.xml': `<workbook xmlns="${SHEETS}" xmlns:r="${RELATIONS}"><sheets><sheet name="${name}" sheetId="1" state="${state}" r:id="r1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': related('worksheets/sheet1.xml', 'worksheet'),
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${SHEETS}"><sheetData>${first && `<row>${first}</row>`}${rows.map((row) => `<row>${row.map(cell).join('')}</row>`).join('')}</sheetData></worksheet>`
  })
}

const OPEN_DOCUMENT = 'urn:oasis:names:tc:opendocument:xmlns'

/** A workbook of a sheet for each entry, with its text. */
export function ods (sheets: Record<string, { text: string; isShown: boolean }>): Uint8Array {
  const all = Object.entries(sheets)
  const style = ([, { isShown }]: (typeof all)[number], index: number) =>
    `<style:style style:name="ta${index}" style:family="table"><style:table-properties table:display="${isShown}"/></style:style>`
  const table = ([name, { text }]: (typeof all)[number], index: number) =>
    `<table:table table:name="${name}" table:style-name="ta${index}"><table:table-row><table:table-cell office:value-type="string"><text:p>${text}</text:p></table:table-cell></table:table-row></table:table>`
  const prefixes = ['office', 'style', 'table', 'text'].map((prefix) => `xmlns:${prefix}="${OPEN_DOCUMENT}:${prefix}:1.0"`).join(' ')
  return zip({
    mimetype: 'application/vnd.oasis.opendocument.spreadsheet',
    'content.xml': `<office:document-content ${prefixes}><office:automatic-styles>${all.map(style).join('')}</office:automatic-styles><office:body><office:spreadsheet>${all.map(table).join('')}</office:spreadsheet></office:body></office:document-content>`
  })
}

/** @param slides the text of each, in the order of the show; their files are numbered the other way round. */
export function pptx (slides: readonly string[], notes = '', parts: Record<string, string> = {}): Uint8Array {
  const file = (index: number) => slides.length - index
  const files: Record<string, string> = {
    ...parts,
    'ppt/presentation.xml': `<p:presentation><p:sldIdLst>${slides.map((_, index) => `<p:sldId r:id="r${index}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': `<Relationships>${slides.map((_, index) => `<Relationship Id="r${index}" Target="slides/slide${file(index)}.xml"/>`).join('')}</Relationships>`
  }
  for (const [index, text] of slides.entries()) {
    files[`ppt/slides/slide${file(index)}.xml`] = `<p:sld>${text.split('\n').map((line) => `<a:p><a:r><a:t>${line}</a:t></a:r></a:p>`).join('')}</p:sld>`
  }
  if (notes !== '') {
    files[`ppt/slides/_rels/slide${file(0)}.xml.rels`] = '<Relationships><Relationship Id="n" Target="../notesSlides/notesSlide1.xml"/></Relationships>'
    files['ppt/notesSlides/notesSlide1.xml'] = `<p:notes><a:p><a:t>${notes}</a:t></a:p></p:notes>`
  }
  return zip(files)
}

/** @param content the XML inside `office:text`, or of the whole body. */
export const odt = (content: string, title = ''): Uint8Array =>
  zip({
    'content.xml': `<office:document-content>\n <office:body>\n <office:text>\n${content}\n</office:text></office:body></office:document-content>`,
    'meta.xml': title && `<office:meta><dc:title>${title}</dc:title></office:meta>`
  })

export const epub = (chapters: readonly string[], title: string): Uint8Array =>
  zip({
    'META-INF/container.xml': '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
    'OPS/book.opf': `<package><metadata><dc:title>${title}</dc:title></metadata><manifest>${chapters.map((_, index) => `<item id="c${index}" href="chapter%20${chapters.length - index}.xhtml"/>`).join('')}</manifest><spine>${chapters.map((_, index) => `<itemref idref="c${index}"/>`).join('')}</spine></package>`,
    ...Object.fromEntries(chapters.map((text, index) => [`OPS/chapter ${chapters.length - index}.xhtml`, `<html><head><title>never</title></head><body>${text}</body></html>`]))
  })

/** What the conversion makes of a file of this name. */
export const read = (name: string, bytes: Uint8Array | string) => convert({ type: typeOf(name)!, bytes: Buffer.from(bytes as string) })
