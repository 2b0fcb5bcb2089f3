// Allowing an app less than it asks for: read only, or without some tools. The grant keeps it, its tokens say it, the next
// consent shows it again, and only a person can widen it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../../authoring/tool.ts'
import { Browser, type Page } from '../../helpers/browser.ts'
import { authorizeUrl, newClient, pkce, post, redeemCode, walk, type Fields, type TestClient } from '../../helpers/oauth.ts'
import { asDemo, signInWith, v2Dialects } from '../../helpers/sdk-client.ts'
import { startHttpUpstream } from '../../fixtures/upstreams/http-server.ts'
import { startServer } from '../../helpers/server.ts'
import { storageTest } from '../../helpers/storages.ts'
import { until } from '../../helpers/until.ts'
import { mcpJson } from '../../helpers/upstream-file.ts'

const isConsent = ({ buttons }: Page['forms'][number]) => buttons.some(({ value }) => value === 'allow')
/** What is ticked on the page, without what every form of it has. */
const ticked = (page: Page) => {
  const { interaction: _, ...boxes } = page.forms.find(isConsent)!.fields
  return Object.keys(boxes)
}
const offered = ({ text }: Page) => [...text.matchAll(/name="without\.([^"]+)"/g)].map(([, name]) => name)

/**
 * Asks as the person of this browser. @returns the consent page, and how the app gets its
 * tokens.
 */
async function ask (url: string, client: TestClient, browser: Browser, fields: Fields = {}) {
  const { verifier, challenge } = pkce()
  const page = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge, ...fields }))
  const consent = isConsent(page.forms[0]!) || page.url.includes('/consent') ? page : await asDemo(browser, page)
  return {
    consent,
    async allow (boxes: Record<string, string> = {}, remove: string[] = []) {
      const form = consent.forms.find(isConsent)!
      const kept = Object.fromEntries(Object.entries(form.fields).filter(([name]) => !remove.includes(name)))
      await browser.post(new URL(form.action, consent.url).href, { ...kept, ...boxes, decision: 'allow' })
      return redeemCode(url, client, browser, verifier)
    }
  }
}

const send = (url: string, token: string, body: object) =>
  fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body)
  })

const refresh = (url: string, client: TestClient, token: string, fields: Fields = {}) =>
  post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: token, ...fields })

storageTest('what is taken away is not given: the grant, its tokens and every refresh say so (AZ-37)', async (t, start) => {
  const { url, app } = await start()
  const client = await newClient(url)
  const browser = new Browser()
  const { consent, allow } = await ask(url, client, browser)
  t.same(offered(consent), app.tools.offered.map(({ name }) => name), 'every tool')
  t.same(ticked(consent), [])
  const made = { scope: 'admin', 'without.nothing': 'yes', declined: '', scopes: 'mcp:write' }
  const { access, refresh: token } = await allow({ read_only: 'yes', 'without.search': 'yes', ...made })
  const found = await app.grants.verifyAccessToken(access)
  t.match(found, { scopes: ['mcp:read'], without: ['search'] })
  t.equal(found?.without?.length, 1, 'what was not offered is ignored')

  const wider = await refresh(url, client, token, { scope: 'mcp:read mcp:write' })
  t.match(wider, { status: 400, body: { error: 'invalid_scope' } }, 'a refresh gives no more (AZ-37)')
  const again = await refresh(url, client, token)
  t.match(again, { status: 200, body: { scope: 'mcp:read' } }, 'RFC 6749 §5.1')
  t.match(await app.grants.verifyAccessToken(String(again.body['access_token'])), { without: ['search'] })

  const account = (await browser.get(`${url}/account`)).text
  t.match(account, />Read only</)
  t.match(account, />Without search</)
  await app.audit.flush()
  const [event] = (await app.audit.ofUser(found!.user.id, 100)).filter(({ event }) => event === 'consent')
  t.equal(event?.scope, 'mcp:read')
})

t.test('the answer of the token endpoint says what was given (RFC 6749 §3.3)', async (t) => {
  const { url } = await startServer(t)
  const client = await newClient(url)
  const { form, consent, browser } = await walk(url, client)
  t.match((await post(`${url}/token`, form)).body, { scope: 'mcp:read mcp:write' })
  t.match(consent.text, /<details class="less">/, 'closed')
  const { verifier, challenge } = pkce()
  const page = await browser.get(authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge }))
  await browser.submit(page, isConsent, { decision: 'allow', read_only: 'yes' })
  const code = browser.left!.searchParams.get('code')!
  t.match(await post(`${url}/token`, { ...form, code, code_verifier: verifier }), { status: 200, body: { scope: 'mcp:read' } })
})

t.test('nothing of the choice comes from the request of the app (AZ-38)', async (t) => {
  const { url } = await startServer(t)
  const client = await newClient(url)
  const lures = { read_only: 'yes', 'without.search': 'yes', without: 'search', less: 'open', declined: 'mcp:write' }
  const browser = new Browser()
  const { consent } = await ask(url, client, browser, lures)
  const opened = await browser.get(`${consent.url}&${new URLSearchParams(lures)}`)
  for (const page of [consent, opened]) {
    t.same(ticked(page), [])
    t.match(page.text, /<details class="less">/)
  }
})

t.test('the next request of the app shows the last choice, and the person can widen it', async (t) => {
  const { url, app } = await startServer(t)
  const client = await newClient(url)
  const browser = new Browser()
  await (await ask(url, client, browser)).allow({ read_only: 'yes', 'without.search': 'yes' })
  const second = await ask(url, client, browser)
  t.same(ticked(second.consent), ['read_only', 'without.search'])
  t.match(second.consent.text, /<details class="less" open>/)
  const same = await second.allow()
  t.match(await app.grants.verifyAccessToken(same.access), { scopes: ['mcp:read'], without: ['search'] })
  const third = await (await ask(url, client, browser)).allow({}, ['read_only', 'without.search'])
  const wide = await app.grants.verifyAccessToken(third.access)
  t.same(wide?.scopes, ['mcp:read', 'mcp:write'])
  t.notOk('without' in wide!)
  t.match(await app.grants.verifyAccessToken(same.access), { scopes: ['mcp:read'] }, 'each connection keeps what it was given')
  t.same(ticked((await ask(url, client, browser)).consent), [])
  t.same(ticked((await ask(url, await newClient(url, { client_name: 'other' }), browser)).consent), [], 'of this app alone')
  t.same(ticked((await ask(url, client, new Browser())).consent), [], 'and of this person')
})

t.test('an app that asks for less shows less of the choice, and one that opens nothing shows none', async (t) => {
  const { url, app } = await startServer(t)
  const client = await newClient(url)
  const reader = (await ask(url, client, new Browser(), { scope: 'mcp:read' })).consent
  t.notMatch(reader.text, 'read_only')
  t.same(offered(reader), app.tools.offered.filter(({ scopes }) => !scopes.includes('mcp:write')).map(({ name }) => name))
  t.notMatch((await ask(url, client, new Browser(), { scope: 'openid email' })).consent.text, '<details')
})

t.test('an app may be left without any tool', async (t) => {
  const { url, app } = await startServer(t)
  const { consent, allow } = await ask(url, await newClient(url), new Browser())
  const all = Object.fromEntries(offered(consent).map((name) => [`without.${name}`, 'yes']))
  const found = await app.grants.verifyAccessToken((await allow(all)).access)
  t.same(found?.without, app.tools.offered.map(({ name }) => name))
})

t.test('a tool that was left out does not exist for the app, also after it was renamed (AZ-37)', async (t) => {
  const renamed = (name: string, aliases: string[] = []) =>
    defineTool({
      name,
      aliases,
      title: 'Burn everything',
      description: 'For this test.',
      input: z.strictObject({}),
      annotations: { readOnlyHint: false, destructiveHint: true, openWorldHint: false },
      scopes: ['mcp:write'],
      run: async () => {}
    })
  const { url, app } = await startServer(t, { tools: [renamed('burn', ['incinerate'])] })
  const client = await newClient(url)
  const browser = new Browser()
  const { access } = await (await ask(url, client, browser)).allow({ 'without.burn': 'yes', 'without.search': 'yes' })
  const rpc = async (method: string, params: object = {}) => {
    const response = await send(url, access, { jsonrpc: '2.0', id: 1, method, params })
    return (await response.json()) as { result?: { tools: Array<{ name: string }> }; error?: { code: number } }
  }
  const listed = async () => (await rpc('tools/list')).result!.tools.map(({ name }) => name)
  const hasNone = async (names: string[]) => {
    t.notOk((await listed()).some((name) => names.includes(name)))
    for (const name of names) t.match(await rpc('tools/call', { name, arguments: {} }), { error: { code: -32602 } }, name)
  }
  await hasNone(['burn', 'incinerate', 'search'])
  const others = app.tools.offered.filter(({ name }) => name !== 'burn')
  app.mcp.offer({ tools: [...others, renamed('scorch', ['burn', 'incinerate']), renamed('added')] })
  await hasNone(['burn', 'incinerate', 'scorch', 'search'])
  t.ok((await listed()).includes('added'), 'what is added later is included')
})

t.test('what the rules do not give the person is not on the page', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-less-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const ACCESS = join(folder, 'access.json')
  await writeFile(ACCESS, JSON.stringify({ rules: [{ who: ['everyone'], tools: ['search', 'fetch', 'delete_*'] }] }))
  const { url } = await startServer(t, { env: { ACCESS } })
  const { consent } = await ask(url, await newClient(url), new Browser())
  t.same(offered(consent).sort(), ['delete_note', 'fetch', 'search'])
})

t.test('read only, then a tool that writes: the client asks for more, the person widens it, and it works (A5)', async (t) => {
  const { url } = await startServer(t)
  const [dialect] = v2Dialects
  const { keychain, browser } = await signInWith(url, dialect, async (browser, login) => {
    const page = await asDemo(browser, login)
    Object.assign(page.forms.find(isConsent)!.fields, { read_only: 'yes' })
    return page
  })
  t.equal(keychain.kept?.scope, 'mcp:read offline_access')
  const client = await dialect.connect(url, keychain)
  const write = () => client.callTool({ name: 'write', arguments: { title: 'Moon', text: 'full' } })
  await t.rejects(write(), 'the person is asked first')
  t.equal(keychain.asked!.searchParams.get('scope'), 'mcp:read offline_access mcp:write')
  await client.close()

  const consent = await browser.get(keychain.asked!.href)
  t.same(ticked(consent), ['read_only'])
  const { read_only: _, ...wide } = consent.forms.find(isConsent)!.fields
  await browser.post(`${url}/consent`, { ...wide, decision: 'allow' })
  await dialect.finish(url, keychain, browser.left!.searchParams)
  t.equal(keychain.kept?.scope, 'mcp:read mcp:write offline_access')
  const wider = await dialect.connect(url, keychain)
  t.notOk((await wider.callTool({ name: 'write', arguments: { title: 'Moon', text: 'full' } })).isError)
  await wider.close()
})

t.test('an existing server that was left out stays out, with what it offers later, until the person gives it; no token reaches it (UP-01, UP-06)', async (t) => {
  const crm = await startHttpUpstream(t)
  const [echo] = crm.tools as [(typeof crm.tools)[number]]
  const { url, app } = await startServer(t, { env: { UPSTREAMS: await mcpJson(t, { crm: { url: crm.url } }) } })
  t.ok(await until(() => app.upstreams.tools.length === 1 && crm.streams.size > 0))
  const client = await newClient(url)
  const browser = new Browser()
  const { consent, allow } = await ask(url, client, browser)
  t.ok(offered(consent).includes('upstream:crm'))
  const given = await allow({ 'without.upstream:crm': 'yes' })
  const rpc = async (token: string, method: string, params: object = {}) =>
    (await (await send(url, token, { jsonrpc: '2.0', id: 1, method, params })).json()) as { result?: { tools: Array<{ name: string }> } }
  const listed = async (token: string) =>
    (await rpc(token, 'tools/list')).result!.tools.map(({ name }) => name).filter((name) => name.startsWith('crm_'))
  const hasNone = async (token: string, ...names: string[]) => {
    t.same(await listed(token), [])
    for (const name of names) t.match(await rpc(token, 'tools/call', { name, arguments: {} }), { error: { code: -32602 } }, name)
  }
  await hasNone(given.access, 'crm_echo')
  crm.tools = [echo, { ...echo, name: 'later' }]
  crm.push({ method: 'notifications/tools/list_changed' })
  t.ok(await until(() => app.upstreams.tools.length === 2))
  await hasNone(given.access, 'crm_echo', 'crm_later')
  t.equal(crm.calls, 0)
  t.match((await browser.get(`${url}/account`)).text, 'Without everything from crm')

  const again = await ask(url, client, browser)
  t.same(ticked(again.consent), ['without.upstream:crm'], 'the last choice')
  const more = await again.allow({}, ['without.upstream:crm'])
  t.same(await listed(more.access), ['crm_echo', 'crm_later'])
  t.match(await rpc(more.access, 'tools/call', { name: 'crm_echo', arguments: { text: 'hello' } }), { result: { content: [{ text: 'hello' }] } })
  t.equal(crm.calls, 1)
  const bytes = crm.bytes()
  for (const secret of [given.access, given.refresh, more.access, more.refresh, client.client_id]) t.notMatch(bytes, secret)
})
