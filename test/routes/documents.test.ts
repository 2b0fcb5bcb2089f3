// GET /documents/…: a long document is shown page by page, and each page is read alone (BW-08).
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { signedUp } from '../helpers/owners.ts'
import { startServer } from '../helpers/server.ts'
import { folder } from '../helpers/tool-context.ts'
import { until } from '../helpers/until.ts'

const pdf =
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Resources<</Font<</F 4 0 R>>>>/Contents 5 0 R>>endobj\n' +
  '4 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n5 0 obj<</Length 32>>stream\nBT /F 9 Tf 9 9 Td (walnut) Tj ET\nendstream endobj\ntrailer<</Root 1 0 R>>'

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

t.test('Markdown is rendered without its front matter and without raw HTML, and a PDF opens as the file it is', async (t) => {
  const { url } = await startServer(t, {
    env: { AUTH_BACKEND: 'none' },
    documents: {
      'a.md':
        '---\ntitle: Plan\nsecret: never\n---\n# *Plan*\n\n## Aims\n\n**Bold** <script>alert(1)</script> [good](https://example.com/) [bad](javascript:alert(1)) [data](data:text/html,x) [host](//evil.example) [back](/\\\\evil.example) [entity](&#106;avascript:alert(1)) <javascript:alert(1)> ![*Logo*](https://evil.example/p.png)\n\n| a | b |\n|--:|---|\n| 1 | 2 |\n',
      'b.html': '<script>alert(1)</script>',
      'c.pdf': 'no PDF',
      'sub/d (1).pdf': pdf
    }
  })
  const browser = new Browser()
  let shown: string | undefined
  // The source is shown where the worker, which begins with it, is not ready within three seconds.
  await until(async () => {
    const { text } = await browser.get(`${url}/documents/a.md`)
    shown = /<div class="rendered"[^>]*>([^]*?)<\/div>/.exec(text)?.[1]
    return shown !== undefined
  })
  t.match(shown, '<h2>Aims</h2>')
  t.match(shown, '<strong>Bold</strong> &lt;script&gt;alert(1)&lt;/script&gt;')
  t.match(shown, /<a href="https:\/\/example.com\/" rel="noopener noreferrer nofollow">good<\/a>/)
  t.match(shown, /<td>1<\/td>/)
  t.match(shown, 'Logo')
  t.notMatch(shown, /never|<script|href="(?:javascript|data):|href="[/\\]{2}|<img|evil\.example\/p\.png|style=/)
  t.match((await browser.get(`${url}/documents/sub/d%20(1).pdf`)).text, /walnut[^]*|href="\/documents\/sub\/d%20\(1\)\.pdf\?file">Open the file/)
  const file = await fetch(`${url}/documents/sub/d%20(1).pdf?file`)
  t.equal(await file.text(), pdf)
  t.match(Object.fromEntries(file.headers), {
    'content-type': 'application/pdf',
    'content-disposition': "inline; filename*=UTF-8''d%20%281%29.pdf",
    'content-security-policy': /default-src 'none'; sandbox/,
    'x-content-type-options': 'nosniff'
  })
  // Broken, so it is no document: what is not in the index is not sent either.
  for (const path of ['c.pdf', 'b.html', 'none.pdf', '../package.json']) {
    t.equal((await browser.get(`${url}/documents/${path}?file`)).status, 404, path)
  }
})

t.test('a PDF is sent as it is read: two at a time, and neither holds it in memory (SW-05)', async (t) => {
  const large = pdf.replace('\n', `\n%${'x'.repeat(20_000_000)}\n`)
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: 'none' }, documents: { 'large.pdf': large } })
  await app.library.ready
  const { host, hostname, port } = new URL(url)
  const before = process.memoryUsage()
  const sockets = []
  for (let opened = 0; opened < 2; opened++) {
    const socket = connect(Number(port), hostname)
    t.teardown(() => socket.destroy())
    socket.write(`GET /documents/large.pdf?file HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    const [head] = await once(socket, 'data')
    t.match(String(head), /^HTTP\/1\.1 200 OK[^]*content-length: 2000\d{4}\r\n/)
    sockets.push(socket.pause())
  }
  const { arrayBuffers, external } = process.memoryUsage()
  t.ok(
    Math.max(arrayBuffers - before.arrayBuffers, external - before.external) < large.length,
    'less than one file'
  )
  const third = await fetch(`${url}/documents/large.pdf?file`)
  t.equal(third.status, 429)
  t.match(await third.text(), 'Wait 5 seconds')
  t.equal(third.headers.get('retry-after'), '5')
  for (const socket of sockets) socket.destroy()
  let again = third
  for (let tries = 0; tries < 500 && again.status === 429; tries++) again = await fetch(`${url}/documents/large.pdf?file`)
  t.equal((await again.arrayBuffer()).byteLength, large.length)
})

t.test('the page of a document has its title once, and says its format and its date in words', async (t) => {
  const { url } = await startServer(t, {
    env: { AUTH_BACKEND: 'none' },
    documents: {
      'same.md': '# The `same`   title\n\nBody of it.',
      'other.md': '---\ntitle: Short\n---\n# A longer title\n\nBody of it.',
      'page.html': '<title>A page</title><h1>A page</h1><p>Body of it.</p>',
      'rows.csv': 'a,b\n1,2\n'
    }
  })
  const browser = new Browser()
  const page = async (id: string) => (await browser.get(`${url}/documents/${id}`)).text
  const inArticle = async (id: string) => /<article>([^]*)<\/article>/.exec(await page(id))![1]!
  for (const [id, title, format] of [['same.md', 'The same title', 'Markdown'], ['page.html', 'A page', 'Web page']] as const) {
    const article = await inArticle(id)
    t.equal(article.split(title).length - 1, 1, id)
    t.match(article, 'Body of it.')
    t.match(article, new RegExp(`<dt><bdi>Format</bdi></dt><dd><bdi>${format}</bdi></dd>`))
    t.match(article, /<dt><bdi>Changed<\/bdi><\/dt><dd><time datetime="\d{4}-[^"]+Z">[A-Z][a-z]+ \d{1,2}, \d{4}, \d\d:\d\d.[AP]M UTC<\/time>/)
    t.notMatch(article, /text\/(?:markdown|html)/)
  }
  t.match(await inArticle('other.md'), '<h1>A longer title</h1>')
  t.match(await inArticle('rows.csv'), /<div class="text" dir="auto">a,b\n1,2/)
})

t.test('without sign-in each address has its own share of the workers that render pages (WK-08)', async (t) => {
  const { url, app } = await startServer(t, { env: { AUTH_BACKEND: 'none', TRUST_PROXY: '127.0.0.1' }, documents: { 'a.md': '# A\n\nText' } })
  const people: unknown[] = []
  const { run } = app.workers
  app.workers.run = (task, input, options) => {
    people.push(options.person)
    return run(task, input, options)
  }
  for (const address of ['192.0.2.1', '2001:db8::5']) await fetch(`${url}/documents/a.md`, { headers: { 'x-forwarded-for': address } })
  t.same(people, ['address 192.0.2.1', 'address 2001:db8::'])
})

t.test('a PDF ends on its way within a second of the sign-in or the right to it, and of nobody else (SW-07)', async (t) => {
  const at = await folder(t)
  const rules = { groups: { finance: [] }, rules: [{ who: ['finance'], documents: ['**'] }] }
  await writeFile(join(at, 'access.json'), JSON.stringify(rules))
  const large = pdf.replace('\n', `\n%${'x'.repeat(20_000_000)}\n`)
  const { url, app } = await startServer(t, {
    env: { AUTH_BACKEND: 'local', ACCESS: join(at, 'access.json') },
    documents: { 'large.pdf': large }
  })
  await app.library.ready
  const { lifecycle } = app.signIn
  const { host, hostname, port } = new URL(url)
  /** As far as its first bytes; `left` says how much came in all. */
  const begin = async (name: string) => {
    const { browser, id } = await signedUp({ url, app }, `${name}@example.com`)
    await lifecycle.changeGroups(id, () => ['finance'])
    const cookie = [...browser.cookies].map((pair) => pair.join('=')).join('; ')
    const socket = connect(Number(port), hostname)
    t.teardown(() => socket.destroy())
    socket.write(`GET /documents/large.pdf?file HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`)
    const [head] = await once(socket, 'data')
    t.match(String(head), /^HTTP\/1\.1 200 OK/)
    return { id, socket: socket.pause(), read: Buffer.byteLength(head) }
  }
  const [out, taken, stays] = [await begin('out'), await begin('taken'), await begin('stays')]
  await lifecycle.signOutEverywhere(out.id)
  await lifecycle.changeGroups(taken.id, () => [])
  await wait(1_500)
  for (const [one, whole] of [[out, false], [taken, false], [stays, true]] as const) {
    one.socket.on('error', () => {}).on('data', (part) => { one.read += part.length })
    one.socket.resume()
    await Promise.race([once(one.socket, 'close'), until(() => one.read > large.length)])
    t.equal(one.read > large.length, whole)
  }
})
