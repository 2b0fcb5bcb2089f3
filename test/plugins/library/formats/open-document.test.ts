// OpenDocument files, without what was deleted.
import t from 'tap'
import { odt, read, zip } from './packed.ts'

t.test('OpenDocument: texts, without what was deleted', async (t) => {
  const content =
    '<text:tracked-changes><text:p>never</text:p></text:tracked-changes><text:h>Rent</text:h><text:p>The  deposit<text:tab/>is<text:s text:c="2"/>900 <text:a xlink:href="https://example.com/a">here</text:a></text:p>' +
    '<table:table><table:table-row><table:table-cell><text:p>Graz</text:p></table:table-cell><table:table-cell><text:p>4</text:p></table:table-cell></table:table-row></table:table>'
  t.same(await read('a.odt', odt(content)), { text: 'Rent\n\nThe deposit\tis  900 here (https://example.com/a)\n\nGraz\t4', title: 'Rent' })
  t.match(await read('a.odt', odt('<text:h>Rent</text:h>', 'Contract')), { title: 'Contract' }, 'its properties come first')
  t.match(await read('a.odt', zip({ 'content.xml': 'x', 'META-INF/manifest.xml': '<manifest:encryption-data/>' })), { kind: 'password' })
})
