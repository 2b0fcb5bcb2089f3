// Archives that were made to do harm are not unpacked.
import t from 'tap'
import { zipSync } from 'fflate'
import { docx, paragraph, read, zip } from './packed.ts'

t.test('an archive that unpacks to far more than a document is not unpacked', async (t) => {
  const large = new Uint8Array(101 * 1024 * 1024)
  const bomb = zipSync({ 'word/document.xml': [large, { level: 9 }], 'xl/worksheets/sheet1.xml': [large, { level: 9 }], 'content.xml': [large, { level: 9 }] })
  for (const name of ['a.docx', 'a.xlsx', 'a.odt']) t.match(await read(name, bomb), { kind: 'too large' }, name)
  // An archive that lies about its size gets no more room than it names.
  const lying = Buffer.from(zipSync({ 'word/document.xml': [new Uint8Array(1_000_000), { level: 9 }] }))
  for (let at = lying.indexOf('PK\x01\x02'); at !== -1; at = lying.indexOf('PK\x01\x02', at + 1)) lying.writeUInt32LE(100, at + 24)
  t.notMatch(await read('a.docx', lying), { text: String })
  t.match(await read('a.epub', zip(Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`${index}.txt`, ''])))), { kind: 'too large' })
  t.match(await read('a.docx', docx(paragraph('a '.repeat(2_700_000)))), { kind: 'too large' })
})
