// A server whose tools ask, wait, report and log, and clients with sessions and streams at it.
import type { Test } from 'tap'
import { z } from 'zod'
import type { Offer } from '../../authoring/loader/load.ts'
import { defineResource } from '../../authoring/resource.ts'
import { defineTool, form, text, type Tool, type ToolContext } from '../../authoring/tool.ts'
import { mcpClient, type McpClient, openStream, type Stream } from './mcp.ts'
import { newClient, tokensFor } from './oauth.ts'
import { startServer } from './server.ts'

const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }

export const SECRET_KEY = 'x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {}
}

/** Tools that ask, wait and report, and what became of them. */
function makeOffer () {
  const log: string[] = []
  let open = Promise.withResolvers<void>()
  const tool = (name: string, run: (context: ToolContext, text: string) => unknown): Tool =>
    defineTool({
      name,
      title: name,
      description: `For this test: ${name}.`,
      scopes: ['mcp:read'],
      input: z.object({ text: z.string().default('') }),
      annotations,
      async run ({ text }, context) {
        await run(context, text)
      }
    })
  const offer: Omit<Offer, 'sources'> & { tools: Tool[] } = {
    tools: [
      tool('ask', async ({ ask, show, user }, said) => {
        const { name } = await ask({ name: form('Your name?', z.object({ name: z.string() })) })
        show(text(`${said}:${name.action === 'accept' ? name.content.name : name.action}:${user?.name ?? ''}`))
      }),
      tool('held', async ({ signal, show, progress }) => {
        log.push('held began')
        signal.addEventListener('abort', () => log.push('held aborted'))
        progress(1)
        await Promise.race([
          open.promise,
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason))
          })
        ])
        show(text('held done'))
        log.push('held done')
      }),
      tool('talk', ({ client }) => {
        for (const level of ['debug', 'info', 'warning', 'error'] as const) client.log(level, level)
      })
    ],
    resources: [
      defineResource({
        uri: 'notes://{id}',
        name: 'note',
        title: 'T',
        description: 'D',
        scopes: ['mcp:read'],
        read: async ({ id }) => id
      })
    ],
    prompts: []
  }
  return {
    offer,
    log,
    release () {
      open.resolve()
      open = Promise.withResolvers()
    }
  }
}

export async function open (t: Test, env: Record<string, string> = {}) {
  const { offer, log, release } = makeOffer()
  const server = await startServer(t, { env, offer, reloads: true })
  return { ...server, log, release, offer }
}

/** Somebody who signed in. @param app the same app again, for a second token of it. */
export async function person (url: string, scope = 'mcp:read mcp:write') {
  const { access } = await tokensFor(url, await newClient(url), { scope })
  return { token: access, client: mcpClient(url, access), headers: { authorization: `Bearer ${access}` } }
}

export const initialize = (version = '2025-11-25', capabilities: object = { elicitation: {} }) => ({
  protocolVersion: version,
  capabilities,
  clientInfo: { name: 'test', version: '1' }
})

export async function beginSession (client: McpClient, version = '2025-11-25'): Promise<string> {
  const { headers, json, status } = await client.legacy('initialize', initialize(version))
  if (status !== 200 || json.result?.protocolVersion !== version) throw new Error(JSON.stringify(json))
  return headers.get('mcp-session-id')!
}

export const listen = (
  url: string,
  notifications: object,
  headers: Record<string, string> = {},
  id: string | number = 7
): Promise<Stream> =>
  openStream(url, {
    method: 'POST',
    headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen', ...headers },
    body: { jsonrpc: '2.0', id, method: 'subscriptions/listen', params: { notifications, _meta: META } }
  })

export const call = (
  url: string,
  headers: Record<string, string>,
  name: string,
  { id = 5, args = {}, _meta }: { id?: number; args?: object; _meta?: object } = {}
): Promise<Stream> =>
  openStream(url, {
    method: 'POST',
    headers,
    body: { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, ...(_meta && { _meta }) } }
  })
