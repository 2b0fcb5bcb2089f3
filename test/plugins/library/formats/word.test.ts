// Word documents, as their text stands after all changes.
import t from 'tap'
import { docx, paragraph, read } from './packed.ts'

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
  const moved = '<w:p><w:del><w:r><w:t>never</w:t></w:r><w:r><w:t>nor</w:t><w:t>this</w:t></w:r></w:del><w:moveFrom><w:r><w:t>here</w:t></w:r><w:r><w:t>no more</w:t></w:r></w:moveFrom><w:r><w:t>now</w:t></w:r></w:p>'
  t.match(await read('a.docx', docx(moved)), { text: /^now$/ }, 'however deep it stands in what is left out')
  t.match(await read('a.docx', docx('')), { kind: 'no text' })
  t.match(await read('a.docx', docx(paragraph('x'), { 'docProps/core.xml': '<c><dc:title>From its properties</dc:title></c>' })), { title: 'From its properties' })
  const properties = { 'docProps/core.xml': '<c><dc:title>Document1</dc:title></c>' }
  t.match(await read('a.docx', docx(paragraph('Leave', 'berschrift1'), properties)), { title: 'Leave' }, 'what stands in it comes first')
})
