// What becomes of packed formats, and of archives and documents that were made to do harm. The formats have their tests
// here, since each is only reached through the task.
import t from 'tap'
import { zipSync } from 'fflate'
import convert from '../../../plugins/library/convert-task.ts'
import { typeOf } from '../../../plugins/library/file-types.ts'
import { docx, epub, odt, paragraph, pptx, xlsx, zip } from './formats/packed.ts'

const read = (name: string, bytes: Uint8Array | string) => convert({ type: typeOf(name)!, bytes: Buffer.from(bytes as string) })

t.test('Word: paragraphs, tables and notes, as the text stands after all changes', async (t) => {
  const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`
  const body =
    paragraph('Leave', 'berschrift1') +
    '<w:p><w:r><w:t>You have 2</w:t></w:r><w:del><w:r><w:delText>4</w:delText></w:r></w:del><w:ins><w:r><w:t>5</w:t></w:r></w:ins><w:r><w:tab/><w:t>days</w:t><w:br/><w:t>a year</w:t><w:instrText>PAGE</w:instrText></w:r></w:p>' +
    `<w:tbl><w:tr>${cell('City')}${cell('Zone')}</w:tr><w:tr>${cell('Graz')}${cell('4')}</w:tr></w:tbl>`
  t.same(await read('a.docx', docx(body, { 'word/footnotes.xml': `<w:footnotes>${paragraph('A note &amp; more')}</w:footnotes>` })), {
    text: 'Leave\n\nYou have 25\tdays\na year\n\nCity\tZone\nGraz\t4\n\nA note & more',
    title: 'Leave'
  })
  t.match(await read('a.docx', docx('')), { kind: 'no text' })
  t.match(await read('a.docx', docx(paragraph('x'), { 'docProps/core.xml': '<c><dc:title>From its properties</dc:title></c>' })), { title: 'From its properties' })
})

t.test('Excel: row by row, with the headers again now and then', async (t) => {
  t.same(await read('a.xlsx', xlsx([['Month', 'Revenue'], ['March', 0.1 + 0.2], [' two\nlines ', 12345.5]], 'Sales')), {
    text: '## Sales\nMonth\tRevenue\nMarch\t0.3\ntwo lines\t12345.5'
  })
  const long = await read('a.xlsx', xlsx([['Month'], ...Array.from({ length: 250 }, (_, index) => [index])]))
  t.equal('text' in long && long.text.split('\n').filter((line) => line === 'Month').length, 3)
  t.match(await read('a.xlsx', xlsx([])), { kind: 'no text' })
})

t.test('PowerPoint: the slides in the order of the show, with what the speaker noted', async (t) => {
  t.same(await read('a.pptx', pptx(['Roadmap\nfourth quarter', 'Thanks'], 'Say hello')), {
    text: '[Slide 1]\nRoadmap\n\nfourth quarter\n\nNotes: Say hello\n\n[Slide 2]\nThanks',
    title: 'Roadmap'
  })
})

t.test('OpenDocument: texts, without what was deleted', async (t) => {
  const content =
    '<text:tracked-changes><text:p>never</text:p></text:tracked-changes><text:h>Rent</text:h><text:p>The  deposit<text:tab/>is<text:s text:c="2"/>900 <text:a xlink:href="https://example.com/a">here</text:a></text:p>' +
    '<table:table><table:table-row><table:table-cell><text:p>Graz</text:p></table:table-cell><table:table-cell><text:p>4</text:p></table:table-cell></table:table-row></table:table>'
  t.same(await read('a.odt', odt(content)), { text: 'Rent\n\nThe deposit\tis  900 here (https://example.com/a)\n\nGraz\t4', title: 'Rent' })
  t.match(await read('a.odt', zip({ 'content.xml': 'x', 'META-INF/manifest.xml': '<manifest:encryption-data/>' })), { kind: 'password' })
})

t.test('books: chapters in their order', async (t) => {
  t.same(await read('a.epub', epub(['<h1>One</h1><p>First', '<p>Second'], 'The book')), { text: 'One\n\nFirst\n\nSecond', title: 'The book' })
  t.match(await read('a.epub', zip({ 'META-INF/encryption.xml': 'x', 'META-INF/container.xml': '<x/>' })), { kind: 'password' })
})

t.test('mail: who, when, about what, the text, and the names of what was attached', async (t) => {
  const mail =
    'From: Ann <ann@acme.example>\r\nTo: bo@acme.example\r\nSubject: =?utf-8?Q?Ausfall_=C3=BCber_Nacht?=\r\nDate: Fri, 27 Nov 2026 10:00:00 +0100\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n' +
    '--x\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>Gr=FC=DFe</p>\r\n--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--x--\r\n'
  t.same(await read('a.eml', mail), {
    text: 'From: Ann <ann@acme.example>\nTo: bo@acme.example\nDate: 2026-11-27T09:00:00.000Z\nSubject: Ausfall über Nacht\n\nGrüße\n\nAttached: plan.pdf',
    title: 'Ausfall über Nacht'
  })
})

t.test('rich text: characters of any alphabet, without fonts and pictures', async (t) => {
  const source = "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}{\\*\\generator never;}\\uc1 Gr\\'fc\\u223?e\\par{\\b Safe}: 12\\~34{\\pict 89504e47}\\line\\{x\\}\\emdash\\par}"
  t.same(await read('a.rtf', source), { text: 'Grüße\nSafe: 12\u00a034\n{x}—' })
})

t.test('what is broken, locked or empty says so', async (t) => {
  for (const name of ['a.docx', 'a.xlsx', 'a.pptx', 'a.odt', 'a.ods', 'a.odp', 'a.epub', 'a.rtf', 'a.pdf']) {
    t.match(await read(name, 'no such thing'), { kind: 'broken' }, name)
    t.match(await read(name, zip({ 'other.txt': 'x' })), { kind: /broken|no text/ }, name)
    t.match(await read(name, docx(paragraph('x')).subarray(0, 200)), { kind: 'broken' }, name)
    t.match(await read(name, Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 1)), { kind: 'password' }, name)
  }
})

t.test('an archive that unpacks to far more than a document is not unpacked', async (t) => {
  const large = new Uint8Array(101 * 1024 * 1024)
  const bomb = zipSync({ 'word/document.xml': [large, { level: 9 }], 'xl/worksheets/sheet1.xml': [large, { level: 9 }], 'content.xml': [large, { level: 9 }] })
  for (const name of ['a.docx', 'a.xlsx', 'a.odt']) t.match(await read(name, bomb), { kind: 'too large' }, name)
  // An archive that lies about its size gets no more room than it names.
  const lying = Buffer.from(zipSync({ 'word/document.xml': [new Uint8Array(1_000_000), { level: 9 }] }))
  for (let at = lying.indexOf('PK\x01\x02'); at !== -1; at = lying.indexOf('PK\x01\x02', at + 1)) lying.writeUInt32LE(100, at + 24)
  t.notMatch(await read('a.docx', lying), { text: String })
  t.match(await read('a.epub', zip(Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`${index}.txt`, ''])))), { kind: 'too large' })
  t.match(await read('a.docx', docx(paragraph('a '.repeat(2_600_000)))), { kind: 'too large' })
})

t.test('entities that a document declares are not expanded, and deep nesting ends', async (t) => {
  const bomb = '<!DOCTYPE w [<!ENTITY a "lollollol"><!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
  const answer = await read('a.docx', docx('', { 'word/document.xml': `${bomb}<w:p><w:t>before &b; &x; after</w:t></w:p>` }))
  t.match(answer, { text: /before &b; &x; after/ })
  t.notMatch(answer, { text: /root:/ })
  for (const name of ['a.docx', 'a.odt']) {
    const deep = '<w:p>'.repeat(100_000)
    t.match(await read(name, zip({ 'word/document.xml': deep, 'content.xml': deep })), { kind: 'too large' }, name)
  }
  t.match(await read('a.rtf', `{\\rtf1${'{'.repeat(100_000)}`), { kind: 'too large' })
})
