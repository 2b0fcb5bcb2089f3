// A server with two people whose tools, resources and prompts all need mcp:read, and record what ran.
import type { Test } from 'tap'
import { z } from 'zod'
import { definePrompt } from '../../authoring/prompt.ts'
import { defineResource } from '../../authoring/resource.ts'
import { defineTool, form } from '../../authoring/tool.ts'
import { Browser } from './browser.ts'
import { mcpClient, type McpClient } from './mcp.ts'
import { newClient, post, type TestClient, walk } from './oauth.ts'
import { startServer } from './server.ts'

export const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: { elicitation: {} },
  clientInfo: { name: 'x', version: '1' }
}

/** Everything here needs mcp:read, and notes when it runs. */
function makeOffer () {
  const ran: string[] = []
  const about = { title: 'T', description: 'D', scopes: ['mcp:read' as const] }
  const noted =
    <R>(name: string, result: R) =>
      async () => {
        ran.push(name)
        return result
      }
  const annotations = { readOnlyHint: true, destructiveHint: false, openWorldHint: false }
  const offer = {
    tools: [
      defineTool({
        ...about,
        name: 'act',
        input: z.object({}),
        annotations,
        async run () {
          ran.push('act')
        }
      }),
      defineTool({
        ...about,
        name: 'ask',
        input: z.object({}),
        annotations,
        async run (_args, { ask }) {
          const { name } = await ask({ name: form('Name?', z.object({ name: z.string() })) })
          ran.push(`asked ${JSON.stringify(name)}`)
        }
      })
    ],
    resources: [
      defineResource({
        ...about,
        name: 'hidden',
        uri: 'hidden://{id}',
        read: noted('read', 'hidden'),
        list: noted('list', { resources: [{ values: { id: '1' }, name: 'hidden', title: 'hidden' }] }),
        complete: { id: noted('complete resource', ['hidden']) }
      })
    ],
    prompts: [
      definePrompt({
        ...about,
        name: 'hidden',
        arguments: z.object({ a: z.string() }),
        write: noted('write', 'hidden'),
        complete: { a: noted('complete prompt', ['hidden']) }
      })
    ]
  }
  return { ran, offer: offer as never }
}

export async function open (t: Test) {
  let now = Date.now() / 1000
  const { ran, offer } = makeOffer()
  const server = await startServer(t, { offer, reloads: true, now: () => now, env: { ACCESS_TOKEN_TTL: '600' } })
  const signIn = async (client: TestClient, browser = new Browser(), scope = 'mcp:read mcp:write') => {
    const { form } = await walk(server.url, client, { scope }, browser)
    return mcpOf(server.url, (await post(`${server.url}/token`, form)).body['access_token'] as string)
  }
  return {
    ...server,
    ran,
    signIn,
    client: await newClient(server.url),
    pass: (seconds: number) => {
      now += seconds
    }
  }
}

export const mcpOf = (url: string, token: string) => ({
  ...mcpClient(url, token),
  token,
  headers: { authorization: `Bearer ${token}` }
})

export async function beginSession ({ legacy }: McpClient): Promise<Record<string, string>> {
  return { 'mcp-session-id': (await legacy('initialize', INITIALIZE)).headers.get('mcp-session-id')! }
}
