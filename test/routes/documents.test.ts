// GET /documents/…: a long document is shown page by page, and each page is read alone (BW-08).
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { startServer } from '../helpers/server.ts'

const words = Array.from({ length: 200_000 }, (_, index) => `word${index} `).join('')

t.test('a document of 2 MB is read to its end by its links, and its parts join to the whole', async (t) => {
  const { url } = await startServer(t, {
    env: { AUTH_BACKEND: 'none' },
    documents: { 'a b/long & "odd".md': words, 'short.md': '# Short\n\ntext' }
  })
  const browser = new Browser()
  const textOf = (html: string) => /<div class="text"[^>]*>([^]*?)<\/div>/.exec(html)![1]!
  const nextOf = (html: string) => /<a href="([^"]*\?part=\d+)">Next part<\/a>/.exec(html)?.[1]
  let text = ''
  let pages = 0
  for (
    let address: string | undefined =
      `/documents/${encodeURIComponent('a b')}/${encodeURIComponent('long & "odd".md')}`;
    address !== undefined;
    pages++
  ) {
    const page = await browser.get(url + address)
    t.equal(page.status, 200, address)
    t.ok(page.text.length < 600_000)
    text += textOf(page.text)
    address = nextOf(page.text)
  }
  t.ok(pages > 3 && pages < 10, `${pages} pages`)
  t.equal(text, words)
  const short = await browser.get(`${url}/documents/short.md`)
  t.equal(nextOf(short.text), undefined)
  for (const part of ['0', '2', '-1', '1e3', '99999999999999999999', 'x', '', '1&part=2']) { t.equal((await browser.get(`${url}/documents/short.md?part=${part}`)).status, 404, part) }
  t.equal((await browser.get(`${url}/documents/short.md?part=1`)).status, 200)
})
