// Documents that one person may see and another may not: pages, files, citations, completions and the home page answer the
// other as if there were none.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Browser } from '../helpers/browser.ts'
import { newClient, post, signUp, walk } from '../helpers/oauth.ts'
import { mcpClient } from '../helpers/mcp.ts'
import { startServer } from '../helpers/server.ts'

const RULES = {
  groups: { finance: [] },
  rules: [
    { who: ['everyone'], tools: ['*'], prompts: ['*'], resources: ['*'], documents: ['**', '!finance/**'] },
    { who: ['finance'], documents: ['finance/**'] }
  ]
}
const DOCUMENTS = {
  'tides.md': '# Tides\n\nThe moon pulls the sea.\n',
  'finance/merger.md': '# The merger\n\nThe walrus buys the otter in May.\n'
}

async function open (t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-documents-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'access.json')
  await writeFile(path, JSON.stringify(RULES))
  const server = await startServer(t, { documents: DOCUMENTS, env: { ACCESS: path, AUTH_BACKEND: 'local' } })
  const enter = async (email: string) => {
    const browser = new Browser()
    await signUp(browser, await browser.get(`${server.url}/login`), { email })
    const { form } = await walk(server.url, await newClient(server.url), {}, browser)
    const { body } = await post(`${server.url}/token`, form)
    return { browser, mcp: mcpClient(server.url, body['access_token'] as string) }
  }
  const [ann, bob] = [await enter('ann@example.com'), await enter('bob@example.com')]
  for await (const user of server.app.userStore.records.all()) {
    if (user.record.email !== 'ann@example.com') continue
    await server.app.userStore.records.update(user.record.id, (record) => ({ write: { record: { ...record!, groups: ['finance'] }, ttl: null }, result: undefined }))
  }
  return { server, ann, bob }
}

t.test('two people side by side see each their own documents, and the other learns nothing (RU-03, AR-20)', async (t) => {
  const { server: { url }, ann, bob } = await open(t)
  const page = async ({ browser }: typeof ann, id: string) => {
    const { status, text } = await browser.get(`${url}/documents/${id}`)
    return { status, text: text.replaceAll(id, 'ID').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'REQUEST') }
  }
  t.match(await page(ann, 'finance/merger.md'), { status: 200, text: /walrus buys the otter/ })
  t.equal((await page(bob, 'tides.md')).status, 200)
  for (const query of ['', '?part=1', '?file', '?part=2&file']) {
    t.same(await page(bob, `finance/merger.md${query}`), await page(bob, `finance/absent.md${query}`), `the page ${query}`)
    t.equal((await page(bob, `finance/merger.md${query}`)).status, 404)
  }

  const ask = async ({ mcp }: typeof ann, method: string, params: object) => (await mcp.legacy(method, params)).text
  const call = (who: typeof ann, name: string, args: object) => ask(who, 'tools/call', { name, arguments: args })
  t.match(await call(ann, 'search', { query: 'walrus' }), 'merger')
  for (const query of ['walrus', 'walrs', 'merger', '"buys the otter"', 'wal*', 'otters']) {
    const found = await call(bob, 'search', { query })
    t.notMatch(found, /merger\.md|walrus buys/, query)
    t.same(JSON.parse(found), JSON.parse(await call(bob, 'search', { query: 'zyzzyva' })), 'as a word that nothing holds')
  }
  const complete = (who: typeof ann, value: string) =>
    ask(who, 'completion/complete', { ref: { type: 'ref/resource', uri: 'library://documents/{+id}' }, argument: { name: 'id', value } })
  t.match(await complete(ann, 'fin'), 'merger')
  t.equal(await complete(bob, 'fin'), await complete(bob, 'fim'))
  for (const id of ['finance/merger.md', 'finance%2Fmerger.md', `${url}/documents/finance/merger.md`]) {
    const absent = await call(bob, 'fetch', { id: id.replace('merger', 'absent') })
    t.equal((await call(bob, 'fetch', { id })).replaceAll('merger', 'absent'), absent, id)
    t.match(await call(ann, 'fetch', { id }), 'walrus buys')
  }
  const prompt = (who: typeof ann) => ask(who, 'prompts/get', { name: 'summarize_document', arguments: { id: 'finance/merger.md' } })
  t.match(await prompt(ann), 'walrus')
  t.notMatch(await prompt(bob), 'walrus')

  const count = async (browser: Browser) => /(\d+) documents? to search/.exec((await browser.get(`${url}/`)).text)?.[1]
  t.same(await Promise.all([ann.browser, bob.browser, new Browser()].map(count)), ['2', '1', '1'], 'a stranger sees what everyone may')
})
