// An app at the MCP endpoint that opens what it can, and what the
// server keeps for it: for the tests of what is stored and open.
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { z } from 'zod'
import { defineResource } from '../../authoring/resource.ts'
import { defineTool, form } from '../../authoring/tool.ts'
import { mcpClient, openStream, type McpClient, type Stream } from './mcp.ts'
import { newClient, tokensFor } from './oauth.ts'
import type { TestServer } from './server.ts'

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {}
}
export const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: { elicitation: {} },
  clientInfo: { name: 'test', version: '1' }
}
export const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
export const about = { title: 'T', description: 'D', scopes: ['mcp:read' as const] }

/** The resource `sized://N` has N characters. */
export const offer = {
  tools: [
    defineTool({
      ...about,
      name: 'ask',
      input: z.object({}),
      annotations,
      run: async (_args, { ask }) => {
        await ask({ name: form('Name?', z.object({ name: z.string() })) })
      }
    })
  ],
  resources: [
    defineResource({
      ...about,
      uri: 'sized://{size}',
      name: 'sized',
      read: async ({ size }) => 'x'.repeat(Number(size))
    })
  ],
  prompts: []
} as never

export async function person (url: string, scope = 'mcp:read mcp:write') {
  const client = await newClient(url)
  const { access, refresh } = await tokensFor(url, client, { scope })
  return { access, refresh, client, mcp: mcpClient(url, access), headers: { authorization: `Bearer ${access}` } }
}
export type Person = Awaited<ReturnType<typeof person>>

export async function beginSession ({ mcp }: { mcp: McpClient }): Promise<string> {
  const { headers, status, text } = await mcp.legacy('initialize', INITIALIZE)
  if (status !== 200) throw new Error(text)
  return headers.get('mcp-session-id')!
}

export const listen = (
  url: string,
  headers: Record<string, string>,
  notifications: object = { resourcesListChanged: true }
): Promise<Stream> =>
  openStream(url, {
    method: 'POST',
    headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen', ...headers },
    body: { jsonrpc: '2.0', id: 7, method: 'subscriptions/listen', params: { notifications, _meta: META } }
  })

export const read = (url: string, headers: Record<string, string>, size: number, id = 1): Promise<Stream> =>
  openStream(url, {
    method: 'POST',
    headers,
    body: { jsonrpc: '2.0', id, method: 'resources/read', params: { uri: `sized://${size}` } }
  })

export async function stored (
  app: TestServer['app'],
  kind = 'mcpStream'
): Promise<Array<{ id: string; size: number; text: string }>> {
  const found = []
  for await (const { id, record } of app.storage.collection(kind).all()) {
    const text = JSON.stringify(record)
    found.push({ id, size: text.length, text })
  }
  return found
}
export const sizeOf = async (app: TestServer['app']) => (await stored(app)).reduce((sum, { size }) => sum + size, 0)

/** What is open is checked each second; a busy machine gets more time. */
export async function endSoon (t: Test, streams: readonly Stream[], what: string): Promise<void> {
  const ended = await Promise.race([
    Promise.all(streams.map(({ ended }) => ended)),
    delay(8_000, 'late', { ref: false })
  ])
  t.not(ended, 'late', what)
}
