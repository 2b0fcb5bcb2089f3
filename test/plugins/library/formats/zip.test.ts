// Archives that were made to do harm are not unpacked.
import { crc32, deflateRawSync } from 'node:zlib'
import t from 'tap'
import { strFromU8, strToU8, unzipSync, Zip, zipSync, type ZipInputFile } from 'fflate'
import { unpack } from '../../../../plugins/library/formats/zip.ts'
import { docx, paragraph, read, zip } from './packed.ts'

/** The same bytes under each name, compressed once. */
function archiveOf (bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const packed = deflateRawSync(bytes)
  const parts: Uint8Array[] = []
  const archive = new Zip((_error, part) => { parts.push(part) })
  for (const filename of names) {
    const file: ZipInputFile = { filename, size: bytes.length, crc: crc32(bytes), compression: 8 }
    archive.add(file)
    file.ondata!(null, packed, true)
  }
  archive.end()
  return Buffer.concat(parts)
}

t.test('an archive that unpacks to far more than a document is not unpacked', async (t) => {
  const names = ['word/document.xml', 'xl/worksheets/sheet1.xml', 'content.xml']
  const bomb = archiveOf(new Uint8Array(101 * 1024 * 1024), names)
  const whole = unzipSync(archiveOf(strToU8('<a/>'), names))
  t.same(Object.entries(whole).map(([name, bytes]) => [name, strFromU8(bytes)]), names.map((name) => [name, '<a/>']), 'an archive that is whole')
  for (const name of ['a.docx', 'a.xlsx', 'a.odt']) {
    t.match(await read(name, bomb), { kind: 'too large' }, name)
  }
  // An archive that lies about its size gets no more room than it names.
  const lying = Buffer.from(zipSync({ 'word/document.xml': [new Uint8Array(1_000_000), { level: 9 }] }))
  for (let at = lying.indexOf('PK\x01\x02'); at !== -1; at = lying.indexOf('PK\x01\x02', at + 1)) lying.writeUInt32LE(100, at + 24)
  t.notMatch(await read('a.docx', lying), { text: String })
  t.match(await read('a.epub', zip(Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`${index}.txt`, ''])))), { kind: 'too large' })
  t.match(await read('a.docx', docx(paragraph('a '.repeat(2_700_000)))), { kind: 'too large' })
})

t.test('nothing is unpacked but what is wanted, and what is not takes none of the room', (t) => {
  const large = new Uint8Array(101 * 1024 * 1024)
  const archive = archiveOf(large, ['media/film.avi'])
  t.equal(unpack(archive, () => false).size, 0)
  t.throws(() => unpack(archive, () => true), { message: 'it is too large inside' })
  const mixed = zip({ 'a.xml': '<a/>', 'inner.zip': 'PK', '../b.xml': '<b/>' })
  t.same([...unpack(mixed, (name) => name === 'a.xml').keys()], ['a.xml'])
  t.end()
})
