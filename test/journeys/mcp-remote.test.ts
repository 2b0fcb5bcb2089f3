// mcp-remote, the bridge for clients that speak stdio only: it signs in by itself, and lists and calls tools.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { freePort } from '../helpers/ports.ts'
import { everything, startBefore } from './upstreams/servers.ts'

const MCP_REMOTE = new URL('../../node_modules/mcp-remote/dist/proxy.js', import.meta.url).pathname

t.test('mcp-remote signs in, lists and calls', async (t) => {
  const { url } = await startBefore(t, { every: everything }, { env: { AUTH_BACKEND: 'demo' } })
  const folder = await mkdtemp(join(tmpdir(), 'mcp-remote-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [MCP_REMOTE, url, String(await freePort()), '--transport', 'http-only'],
    // Without a PATH it finds no browser to open: this test is the browser.
    env: { PATH: '', HOME: folder, MCP_REMOTE_CONFIG_DIR: folder },
    stderr: 'pipe'
  })
  const client = new Client({ name: 'test', version: '1' })
  let said = ''
  let signingIn: Promise<void> | undefined
  transport.stderr!.on('data', (chunk: Buffer) => {
    said += chunk
    const address = /http\S+\/authorize\?\S+/.exec(said)?.[0]
    if (address !== undefined && said.includes(`${address}\n`)) signingIn ??= signIn(address)
  })
  await client.connect(transport)
  t.teardown(() => client.close())
  await signingIn
  t.strictSame(
    (await client.listTools()).tools.map(({ name }) => name).filter((name) => ['fetch', 'search'].includes(name)),
    ['fetch', 'search']
  )
  t.match(await client.callTool({ name: 'search', arguments: { query: 'spring tide' } }), {
    structuredContent: { results: [{ id: 'tides.md' }] }
  })
  const echoed = await client.callTool({ name: 'every_echo', arguments: { message: 'otter' } })
  t.match(echoed, { content: [{ text: 'Echo: otter' }] }, 'and calls a tool of an existing server behind it')
})

async function signIn (address: string): Promise<void> {
  const browser = new Browser()
  const consent = await browser.submit(await browser.get(address), ({ fields }) => fields['backend'] === 'demo')
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  await fetch(browser.left!)
}
