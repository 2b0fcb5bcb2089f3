// What becomes of files that are broken, locked, empty or made to do harm, whatever their format. Each format has a test in formats/.
import t from 'tap'
import { textIn } from '../../../plugins/library/formats/xml.ts'
import { docx, paragraph, read, xlsx, zip } from './formats/packed.ts'

t.test('what is broken, locked or empty says so', async (t) => {
  for (const name of ['a.docx', 'a.xlsx', 'a.pptx', 'a.odt', 'a.ods', 'a.odp', 'a.epub', 'a.rtf', 'a.pdf']) {
    t.match(await read(name, 'no such thing'), { kind: 'broken' }, name)
    t.match(await read(name, zip({ 'other.txt': 'x' })), { kind: /broken|no text/ }, name)
    t.match(await read(name, docx(paragraph('x')).subarray(0, 200)), { kind: 'broken' }, name)
    t.match(await read(name, Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 1)), { kind: 'password' }, name)
  }
})

t.test('entities that a document declares are not expanded, and deep nesting ends', async (t) => {
  const bomb = '<!DOCTYPE w [<!ENTITY a "lollollol"><!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
  const answer = await read('a.docx', docx('', { 'word/document.xml': `${bomb}<w:p><w:t>before &b; &x; after</w:t></w:p>` }))
  t.match(answer, { text: /before &b; &x; after/ })
  t.notMatch(answer, { text: /root:/ })
  for (const name of ['a.docx', 'a.odt']) {
    const deep = '<w:p>'.repeat(100_000)
    t.match(
      await read(name, zip({ 'word/document.xml': deep, 'content.xml': deep })),
      { kind: 'too large' },
      name
    )
  }
  t.match(await read('a.rtf', `{\\rtf1${'{'.repeat(100_000)}`), { kind: 'too large' })
})

t.test('what no storage can hold is in no text and no title, in whatever way a format writes it (LB-07)', async (t) => {
  const files: Record<string, string | Uint8Array> = {
    'nul.rtf': '{\\rtf1 wal\\u0?nut \\\'00 \\u-10240? end}',
    'nul.ipynb': JSON.stringify({ cells: [{ cell_type: 'markdown', source: '# wal\0nut \ud800 end' }] }),
    'nul.vcf': 'BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:wal=00nut\nEND:VCARD\n',
    'nul.eml': 'Subject: wal=?utf-8?B?AG51dA==?=\r\nContent-Transfer-Encoding: base64\r\n\r\nd2FsAG51dA==\r\n',
    'nul.md': '---\ntitle: "wal\\0nut"\n---\ntext',
    'half.md': '+++\ntitle = "wal\\u0000nut"\n+++\ntext',
    'nul.xlsx': xlsx([['wal_x0000_nut', '\ud800']])
  }
  for (const [name, content] of Object.entries(files)) {
    const { text = '', title = '' } = (await read(name, content)) as { text?: string; title?: string }
    t.ok(
      (text + title).isWellFormed() && !(text + title).includes('\0'),
      `${name}: ${JSON.stringify([text, title])}`
    )
    t.match(text + title, /wal/, name)
  }
})

t.test('the text of an element is that of the first of its name, and of none where there is none', async (t) => {
  const of = (inside: string) => textIn(`<c><creator>Ann</creator>${inside}</c>`, 'title')
  for (const [inside, text] of [
    ['', undefined],
    ['<other>x</other>', undefined],
    ['<title>One</title><title>Two</title>', 'One'],
    ['<title>A <b>bold</b> one</title> and more', 'A bold one'],
    ['<title/><title>Two</title>', '']
  ] as const) t.equal(of(inside), text, inside)
})

t.test('a title has a thousand characters at most, whatever the file says', async (t) => {
  for (const [length, kept] of [[999, 999],
    [1_000, 1_000],
    [1_001, 1_000],
    [50_000, 1_000]] as const) {
    const { title } = (await read('a.html', `<title>${'x'.repeat(length)}</title><p>text`)) as { title?: string }
    t.equal(title?.length, kept)
  }
})

t.test('a text has five megabytes at most', async (t) => {
  const MB = 1024 * 1024
  const sized = (length: number) => 'word '.repeat(length / 5 + 1).slice(0, length)
  t.equal(
    ((await read('a.txt', sized(5 * MB))) as { text?: string }).text?.length,
    5 * MB
  )
  t.match(
    await read('a.txt', sized(5 * MB + 1)),
    { kind: 'too large', skipped: /longer than 5 MB/ }
  )
})

t.test('a file without an extension that is no text is left out', async (t) => {
  const bytes = Buffer.from([1, 0, 2, 255])
  t.match(await read('Makefile', bytes), { kind: 'binary' })
  t.match(await read('Makefile', 'all: build'), { text: 'all: build' })
})
