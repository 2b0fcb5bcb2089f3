// Spreadsheets (Excel, OpenDocument), row by row: a line for each, with tabs between cells, and the headers repeated now and then.
import { zipSync } from 'fflate'
import { readOds } from 'hucre/ods'
import { readXlsx } from 'hucre/xlsx'
import { EMPTY, type Converted } from './contract.ts'
import { walkXml } from './xml.ts'
import { textOf, TooMuch, unpack } from './zip.ts'

/** Rows after which the headers are repeated, so that each part of a long sheet names its columns. */
const HEADERS_EVERY = 100
/** Cells of all sheets: a file that uses the last cell of a sheet has a million empty rows. */
const MAX_CELLS = 2_000_000

/** @param type MIME type of the file. */
export async function readSheets (type: string, bytes: Uint8Array): Promise<Converted> {
  // Unpacked within our bounds first, so that the reader unpacks no more than that.
  const files = unpack(bytes, (name) => /\.(?:xml|rels)$|^mimetype$/.test(name))
  const bounded = zipSync(Object.fromEntries(files), { level: 0 })
  const isOpenDocument = type.includes('opendocument')
  const { sheets } = isOpenDocument ? await readOds(bounded) : await readXlsx(bounded)
  const unseen = isOpenDocument ? hiddenSheets(textOf(files, 'content.xml')) : new Set<string>()
  const texts = sheets
    .filter(({ name, hidden, veryHidden }) => !hidden && !veryHidden && !unseen.has(name))
    .map(({ name, rows }) => ({ name, lines: linesOf(rows) }))
    .filter(({ lines }) => lines.length > 0)
  if (texts.length === 0) return EMPTY
  return { text: texts.map(({ name, lines }) => `## ${name}\n${lines.join('\n')}`).join('\n\n') }
}

/** @returns the names of those of an OpenDocument: its reader does not tell them. */
function hiddenSheets (content: string): ReadonlySet<string> {
  const [styles, sheets] = [new Set<string>(), new Set<string>()]
  let style = ''
  walkXml(content, {
    open (name, attributes) {
      if (name === 'style:style') style = attributes['style:name'] ?? ''
      if (name === 'style:table-properties' && attributes['table:display'] === 'false') styles.add(style)
      if (name === 'table:table' && styles.has(attributes['table:style-name'] ?? '')) sheets.add(attributes['table:name'] ?? '')
    }
  })
  return sheets
}

function linesOf (rows: readonly (readonly unknown[])[]): string[] {
  if (rows.reduce((sum, { length }) => sum + length, 0) > MAX_CELLS) throw new TooMuch('it has too many cells')
  const lines = rows.map((row) => row.map(shown).join('\t').trimEnd()).filter((line) => line !== '')
  const [headers, ...rest] = lines
  if (headers === undefined) return []
  return rest.reduce<string[]>(
    (all, line, index) => {
      if (index > 0 && index % HEADERS_EVERY === 0) all.push(headers)
      all.push(line)
      return all
    },
    [headers]
  )
}

function shown (value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, '').replace(/:\d\d\.\d{3}Z$/, '').replace('T', ' ')
  // The nearest short number, without the error of binary arithmetic: 0.1 + 0.2.
  if (typeof value === 'number') return String(Number(value.toPrecision(15)))
  return String(value).replace(/\s+/g, ' ').trim()
}
