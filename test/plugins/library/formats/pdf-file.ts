// PDFs for the tests, put together by hand.

/**
 * A PDF of one page for each content, put together by hand.
 * @param letters what `A`, `B` and so on stand for, in place of themselves: as a subset of a font has them.
 */
export function pdf (
  contents: Array<string | Buffer>,
  { title, letters = '', filter = '' }: { title?: string; letters?: string; filter?: string } = {}
): Buffer {
  const objects: Array<string | Buffer> = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${contents.length} /Kids [${contents.map((_, index) => `${4 + 2 * index} 0 R`).join(' ')}] >>`,
    `<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica ${letters === '' ? '' : `/ToUnicode ${4 + 2 * contents.length} 0 R`} >>`
  ]
  for (const [index, content] of contents.entries()) {
    const bytes = Buffer.from(content)
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Resources << /Font << /F 3 0 R >> >> /Contents ${5 + 2 * index} 0 R >>`
    )
    objects.push(stream(bytes, filter))
  }
  if (letters !== '') objects.push(stream(Buffer.from(toUnicode(letters))))
  if (title !== undefined) objects.push(`<< /Title (${title}) >>`)
  const parts = [Buffer.from('%PDF-1.4\n')]
  const at: number[] = []
  let length = parts[0]!.length
  for (const [index, object] of objects.entries()) {
    at.push(length)
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n')])
    parts.push(part)
    length += part.length
  }
  const table = at.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('')
  const info = title === undefined ? '' : `/Info ${objects.length} 0 R`
  return Buffer.concat([
    ...parts,
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer << /Size ${objects.length + 1} /Root 1 0 R ${info} >>\nstartxref\n${length}\n%%EOF`
    )
  ])
}

const stream = (bytes: Buffer, filter = ''): Buffer =>
  Buffer.concat([Buffer.from(`<< /Length ${bytes.length} ${filter} >>\nstream\n`), bytes, Buffer.from('\nendstream')])

/** ISO 32000-1 §9.10.3. */
const toUnicode = (letters: string): string => {
  const hex = (code: number, length: number) => `<${code.toString(16).padStart(length, '0')}>`
  const rows = [...letters].map((letter, index) => `${hex(0x41 + index, 2)} ${hex(letter.charCodeAt(0), 4)}`)
  return `begincmap 1 begincodespacerange <00> <ff> endcodespacerange ${rows.length} beginbfchar ${rows.join(' ')} endbfchar endcmap`
}

/** The content of a page with one line. */
export const page = (text: string) => `BT /F 12 Tf 20 200 Td (${text}) Tj ET`
