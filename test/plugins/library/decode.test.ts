// Encodings: what declares itself is read as it says, UTF-8 is recognized, and windows-1252 is the last resort.
import t from 'tap'
import { isText } from '../../../plugins/library/characters.ts'
import { decodeText } from '../../../plugins/library/decode.ts'

const latin = (text: string) => Buffer.from(text, 'latin1')

t.test('text in any encoding that declares itself', async (t) => {
  const swapped = Buffer.from('\ufeffGrüße', 'utf16le').swap16()
  const rows: Array<[string, Buffer, string, string]> = [
    ['UTF-8', Buffer.from('Grüße'), 'text/plain', 'Grüße'],
    ['UTF-8 with a mark', Buffer.from('\ufeffGrüße'), 'text/plain', 'Grüße'],
    ['UTF-16 little endian', Buffer.from('\ufeffGrüße', 'utf16le'), 'text/csv', 'Grüße'],
    ['UTF-16 big endian', swapped, 'text/plain', 'Grüße'],
    ['windows-1252, undeclared', Buffer.from([0x80, 0x93, 0xe9, 0x94]), 'text/plain', '€“é”'],
    ['a page', latin('<html><meta charset="iso-8859-1"><p>Gr\xfc\xdfe'), 'text/html', '<html><meta charset="iso-8859-1"><p>Grüße'],
    ['a page of old', Buffer.concat([latin('<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">'), Buffer.from([0x93, 0xfa, 0x96, 0x7b])]), 'text/html', '<meta http-equiv="Content-Type" content="text/html; charset=Shift_JIS">日本'],
    ['XML', Buffer.concat([latin('<?xml version="1.0" encoding="koi8-r"?>'), Buffer.from([0xc4, 0xc1])]), 'application/xml', '<?xml version="1.0" encoding="koi8-r"?>да'],
    ['a declaration of no known name', Buffer.from('<meta charset="none">é'), 'text/html', '<meta charset="none">é'],
    ['a page that says UTF-16 in ASCII', Buffer.from('<meta charset="utf-16">é'), 'text/html', '<meta charset="utf-16">é'],
    ['a declaration in plain text is only text', Buffer.from('<meta charset="koi8-r">é'), 'text/plain', '<meta charset="koi8-r">é']
  ]
  for (const [name, bytes, type, text] of rows) t.equal(decodeText(bytes, type), text, name)
})

t.test('what is no text is refused', async (t) => {
  for (const bytes of [Buffer.from('a\0b'), Buffer.from([1, 2, 3, 4]), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])]) {
    t.throws(() => decodeText(bytes, 'text/plain'), { name: 'SkippedFile', kind: 'binary' })
  }
  t.ok(isText(Buffer.from('FROM node:24\n')))
  t.notOk(isText(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0])))
  t.notOk(isText(Buffer.alloc(0)))
})
