// The folder of documents as owners see it: counted by ending, with what is left out and why, a page at a time.
import t from 'tap'
import { ownerOf } from '../../helpers/owner.ts'
import { startServer } from '../../helpers/server.ts'

t.test('owners see what is indexed and what is left out, with names as text and in pages (AS-02, AS-03)', async (t) => {
  const broken = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`left/${String(n).padStart(2, '0')}<i>.xyz`, 'x\u0000']))
  const server = await startServer(t, { documents: { 'a.md': '# A', 'b.md': '# B', 'c.txt': 'C', ...broken } })
  const { browser } = await ownerOf(server)
  await server.app.library.ready
  const { text, status } = await browser.get(`${server.url}/admin/documents`)
  t.equal(status, 200)
  t.match(text, /<bdi>\.md<\/bdi>[\s\S]*?>2<[\s\S]*<bdi>\.txt<\/bdi>[\s\S]*?>1</)
  t.match(text, 'href="/documents/a.md"')
  t.match(text, 'left/00&lt;i&gt;.xyz')
  t.notMatch(text, /<i>|left\/59/)
  t.match((await browser.get(`${server.url}/admin/documents?page=2`)).text, 'left/59')
  t.notMatch(text, '../', 'nothing from outside of the folder')
  server.app.library.progress = () => ({ done: 3, total: 63 })
  t.match((await browser.get(`${server.url}/admin/documents`)).text, /\b3 of 63\b/, 'while they are read')
})
