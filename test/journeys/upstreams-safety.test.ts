// What an existing MCP server behind this one can never learn, whatever a caller sends; who may use it; and that its faults
// are its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join as joinPath } from 'node:path'
import t, { type Test } from 'tap'
import { startHttpUpstream, type HttpUpstream } from '../fixtures/upstreams/http-server.ts'
import { keyFor } from '../helpers/access-keys.ts'
import { childEnvironment } from '../helpers/child-environment.ts'
import { mcpClient, modernBody, type McpClient } from '../helpers/mcp.ts'
import { person } from '../helpers/person.ts'
import { upstreamSettings } from '../helpers/upstream-processes.ts'
import { eras, join } from './upstreams/clients.ts'
import { newFolder, startBefore } from './upstreams/servers.ts'

/** Headers of requests of the caller, each with a value that is found again wherever it went. */
const HOSTILE = {
  cookie: 'session=otter-cookie',
  'proxy-authorization': 'Basic otter-proxy',
  'x-forwarded-user': 'otter-user',
  'x-forwarded-email': 'otter@example.com',
  'x-forwarded-groups': 'otter-group',
  'x-forwarded-host': 'otter-host.example',
  'x-forwarded-for': '203.0.113.77',
  forwarded: 'for=203.0.113.78',
  'x-api-key': 'otter-key',
  'mcp-param-text': 'otter-param',
  'mcp-param-authorization': 'otter-param-authorization',
  'x-mcp-upstream': 'http://otter-upstream.example/mcp',
  baggage: 'otter=otter-baggage'
}
/** Whatever a request might hope to reach by its members. */
const ELSEWHERE = {
  url: 'http://203.0.113.79/mcp', command: 'touch', args: ['/tmp/otter'], headers: { 'x-otter': 'otter-header' }, env: {}, upstream: 'other'
}
const EXPECTED_HEADERS = /^(?:host|connection|content-type|content-length|accept|accept-encoding|user-agent|transfer-encoding|mcp-protocol-version|mcp-session-id|mcp-method|mcp-name)$/

async function sendHostile ({ post, legacy }: McpClient, tool: string): Promise<void> {
  const params = { name: tool, arguments: { text: 'hi' }, ...ELSEWHERE, _meta: { progressToken: 'otter-progress', ...ELSEWHERE } }
  await legacy('tools/call', params, HOSTILE)
  await legacy('tools/call', { ...params, arguments: { text: 'hi', ...ELSEWHERE } })
  const head = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': tool }
  const { 'mcp-param-text': _text, 'mcp-param-authorization': _authorization, ...others } = HOSTILE
  for (const headers of [HOSTILE, others]) await post(modernBody('tools/call', params), { ...head, ...headers })
  for (const method of ['resources/read', 'prompts/get', 'completion/complete', 'logging/setLevel', 'otter/method']) {
    await legacy(method, { ...ELSEWHERE, uri: ELSEWHERE.url, name: tool }, HOSTILE)
  }
}

function neverReceived (t: Test, upstream: HttpUpstream, secrets: ReadonlyArray<string | undefined>) {
  const bytes = upstream.bytes()
  for (const secret of secrets) {
    t.ok(secret !== undefined && secret.length > 5)
    t.notOk(bytes.includes(secret!), `${secret!.slice(0, 6)}…`)
  }
  t.ok(upstream.requests.every(({ path, headers }) => path === '/mcp' && headers.host === new URL(upstream.url).host))
}

t.test('no byte of a token, key, cookie or header of the caller reaches a server behind this one (UH-01)', async (t) => {
  const crm = await startHttpUpstream(t, { sessions: true })
  const named = await startHttpUpstream(t, { sessions: true, answers: 'sse' })
  const server = await startBefore(t, { crm: { url: crm.url }, named: { url: named.url, identity: 'headers' } }, { env: { ACCESS_KEYS: 'on' } })
  const secrets: Array<string | undefined> = []
  for (const [index, era] of eras.entries()) {
    const { keychain, browser, call, close } = await join(server.url, era, `ann${index}@example.com`)
    for (const tool of ['crm_echo', 'named_echo']) {
      t.match(await call(tool, { text: 'otter' }), { content: [{ text: 'otter' }] })
      await sendHostile(mcpClient(server.url, keychain.kept!.access_token), tool)
    }
    secrets.push(keychain.kept!.access_token, keychain.kept!.refresh_token, ...browser.cookies.values())
    await close()
  }
  const { id } = await person(server, 'key@example.com')
  const { secret } = await keyFor(server, id)
  for (const tool of ['crm_echo', 'named_echo']) await sendHostile(mcpClient(server.url, secret), tool)
  secrets.push(secret)
  const markers = Object.values(HOSTILE).map((value) => /otter[-@][\w.-]+|203[\d.]+/.exec(value)![0])
  for (const upstream of [crm, named]) {
    t.ok(upstream.calls > 10)
    neverReceived(t, upstream, [...secrets, ...markers])
  }
  const names = new Set(crm.requests.flatMap(({ headers }) => Object.keys(headers)))
  t.same([...names].filter((name) => !EXPECTED_HEADERS.test(name)), [])
  const users = new Set(named.requests.map(({ headers }) => headers['x-forwarded-user']))
  t.equal([...users].filter((user) => user !== undefined).length, eras.length + 1, 'each as this server knows them')
})

t.test('who may not use a server sees nothing of it, and gets the answer for what does not exist (AR-20)', async (t) => {
  const crm = await startHttpUpstream(t)
  const access = joinPath(await newFolder(t), 'access.json')
  await writeFile(access, JSON.stringify({
    groups: { finance: ['ann@example.com'] },
    rules: [{ who: ['everyone'], tools: ['calculate'] }, { who: ['finance'], upstreams: ['crm'] }]
  }))
  const server = await startBefore(t, { crm: { url: crm.url } }, { env: { ACCESS: access } })
  const [ann, bob] = [await person(server, 'ann@example.com'), await person(server, 'bob@example.com')]
  t.match((await ann.legacy('tools/call', { name: 'crm_echo', arguments: { text: 'hi' } })).json.result, { content: [{ text: 'hi' }] })
  const { calls } = crm
  const list = (await bob.legacy('tools/list')).text
  t.match(list, 'calculate')
  t.notMatch(list, 'crm')
  for (const send of ['legacy', 'modern'] as const) {
    const refused = await bob[send]('tools/call', { name: 'crm_echo', arguments: { text: 'hi' } })
    const missing = await bob[send]('tools/call', { name: 'crm_none', arguments: { text: 'hi' } })
    t.equal(refused.text, missing.text.replaceAll('crm_none', 'crm_echo'))
    t.equal(refused.status, missing.status)
  }
  t.equal(crm.calls, calls)
})

/** In a process of its own: what it does takes no time of this one. */
async function startHuge (t: Test): Promise<{ url: string }> {
  const module = new URL('../fixtures/upstreams/http-server.ts', import.meta.url).href
  const script = `import { startHttpUpstream } from '${module}'
    const upstream = await startHttpUpstream({ teardown () {} })
    upstream.fault = 'huge'
    process.stdout.write(upstream.url)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: childEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [url] = await once(child.stdout, 'data')
  return { url: String(url) }
}

/** @returns milliseconds that 19 of 20 calls took at most. */
async function mostTake (client: McpClient): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < 100; count++) {
    const before = performance.now()
    await client.legacy('tools/call', { name: 'calculate', arguments: { expression: '1+1' } })
    times.push(performance.now() - before)
  }
  return times.sort((a, b) => a - b)[94]!
}

t.test('calls of others are not slowed while a server hangs, floods its log, or answers with 30 MB', async (t) => {
  const stdio = (...args: string[]) => {
    const { target } = upstreamSettings(args)
    return target.kind === 'command' ? { command: target.command, args: target.args, env: target.env } : {}
  }
  const { url } = await startBefore(t, {
    hangs: { ...stdio('--slow', '60000'), timeoutMs: 1_000 },
    floods: stdio('--flood-stderr', '20000'),
    big: stdio('--big-answer', '30000000'),
    huge: await startHuge(t)
  }, { env: { AUTH_BACKEND: 'none' } })
  const client = mcpClient(url)
  await mostTake(client)
  const isWithin = async () => {
    const before = await mostTake(client)
    const over = new AbortController()
    const busy = Promise.all(['hangs', 'hangs', 'floods', 'big', 'huge'].map(async (name) => {
      while (!over.signal.aborted) await client.legacy('tools/call', { name: `${name}_echo`, arguments: { text: 'hi' } })
    }))
    const during = await mostTake(client)
    over.abort()
    await busy
    t.comment(`${before.toFixed(1)} ms before, ${during.toFixed(1)} ms while they do`)
    return during < Math.max(5 * before, before + 50)
  }
  // Other programs on this computer are no fault of the server.
  t.ok((await isWithin()) || (await isWithin()) || (await isWithin()))
})
