// The use of tools as owners see it: by tool, person and app, over a day, a week or a month, as charts and as numbers.
import { ownerOf } from '../../helpers/owner.ts'
import { storageTest } from '../../helpers/storages.ts'

const call = (user: string, details: object = {}) =>
  ({ tool: 'search', user, client: 'c1', clientName: 'Claude', outcome: 'ok', ms: 12, ...details }) as const

storageTest('owners see calls by tool, by person and by app, and a person who is deleted is gone (AS-02)', async (t, start) => {
  const server = await start()
  const { app, url } = server
  const { browser, id } = await ownerOf(server)
  t.match((await browser.get(`${url}/admin/tools`)).text, 'No tool was called')
  app.audit.note('tool_call', call(id))
  app.audit.note('tool_call', call(id, { tool: '<b>x</b>', outcome: 'failed', ms: 900 }))
  app.audit.note('tool_call', call('gone', { clientName: '<script>alert(1)</script>' }))
  const page = await browser.get(`${url}/admin/tools?range=week`)
  t.match(page.text, /3 calls, of which 1 failed and 0 were refused/)
  t.match(page.text, '<bdi>&lt;b&gt;x&lt;/b&gt;</bdi>')
  t.match(page.text, /<title>[^<]*: 3 calls, 1 failed, 0 refused<\/title>/)
  t.notMatch(page.text, /<script|<b>x/)
  const people = await browser.get(`${url}/admin/tools?range=week&by=people`)
  t.match(people.text, `href="/admin/person?person=${id}"`)
  t.match(people.text, '<bdi>gone</bdi>')
  t.match((await browser.get(`${url}/admin/tools?by=apps`)).text, '&lt;script&gt;')
  await app.tallies.forget('gone')
  t.notMatch((await browser.get(`${url}/admin/tools?by=people`)).text, '<bdi>gone</bdi>')
})

storageTest('a page has fifty rows, and the rest is on the next (AS-02)', async (t, start) => {
  const server = await start()
  const { browser, id } = await ownerOf(server)
  for (let count = 0; count < 51; count++) server.app.audit.note('tool_call', call(id, { tool: `tool_${count}` }))
  const named = async (page: number) => {
    const { text } = await browser.get(`${server.url}/admin/tools?page=${page}`)
    return new Set(text.match(/<bdi>tool_\d+<\/bdi>/g))
  }
  const [first, second] = [await named(1), await named(2)]
  t.same([first.size, second.size, first.union(second).size], [50, 1, 51])
})

storageTest('what a query asks for is one of a few views, whatever it says (AS-03)', async (t, start) => {
  const server = await start()
  const { browser, id } = await ownerOf(server)
  server.app.audit.note('tool_call', call(id))
  const plain = await browser.get(`${server.url}/admin/tools`)
  for (const query of ['range=year', 'by=constructor', 'page=0', 'page=1e9', 'page=-1', 'page=999999', 'range=%3Cscript%3E', `by=${'x'.repeat(3_000)}`]) {
    const page = await browser.get(`${server.url}/admin/tools?${query}`)
    t.equal(page.status, 200, query)
    t.match(page.text, /<bdi>search<\/bdi>/, query)
    t.notMatch(page.text, /<script>|xxxx/, query)
    t.equal(page.text.split('<tr>').length, plain.text.split('<tr>').length, query)
  }
})
