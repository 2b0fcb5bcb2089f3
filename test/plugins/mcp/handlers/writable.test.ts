// What an author returned is answered in any case, also where it cannot be written as JSON, and the operator reads why.
import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { z } from 'zod'
import type { ContentBlock } from '../../../../authoring/content.ts'
import { definePrompt } from '../../../../authoring/prompt.ts'
import { defineResource } from '../../../../authoring/resource.ts'
import { defineTool } from '../../../../authoring/tool.ts'
import { about, annotations } from '../../../helpers/mcp-authored.ts'
import { mcpClient } from '../../../helpers/mcp.ts'
import { startServer } from '../../../helpers/server.ts'

/** A count as databases return it. */
const COUNT = 5n as unknown as string

const resource = defineResource({
  ...about('counts'),
  uri: 'counts://{of}',
  read: async () => ({ text: COUNT }),
  list: async () => ({ resources: [{ values: { of: 'x' }, name: 'x', title: COUNT }] }),
  complete: { of: async () => [COUNT] }
})
const prompt = definePrompt({
  ...about('counting'),
  arguments: z.object({}),
  write: async () => [{ role: 'user', content: { type: 'text', text: COUNT } }]
})
const tool = defineTool({
  ...about('counter'),
  input: z.object({}),
  annotations,
  async run (_, { show }) {
    show({ type: 'text', text: COUNT } as ContentBlock)
  }
})

t.test('what an author returned and JSON cannot write is an error that the operator reads, not silence (TL-44, TL-45)', async (t) => {
  const lines: string[] = []
  const { url } = await startServer(t, {
    env: { AUTH_BACKEND: 'none', LOG_LEVEL: 'error' },
    logTo: new Writable({ write: (line, _, done) => { lines.push(String(line)); done() } }),
    offer: { tools: [tool], resources: [resource], prompts: [prompt] }
  })
  const client = mcpClient(url)
  const requests: Array<[method: string, params: object]> = [
    ['resources/read', { uri: 'counts://x' }],
    ['resources/list', {}],
    ['completion/complete', { ref: { type: 'ref/resource', uri: 'counts://{of}' }, argument: { name: 'of', value: '' } }],
    ['prompts/get', { name: 'counting', arguments: {} }],
    ['tools/call', { name: 'counter', arguments: {}, _meta: { progressToken: 1 } }]
  ]
  for (const era of ['legacy', 'modern'] as const) {
    for (const [method, params] of requests) {
      lines.length = 0
      const answered = await Promise.race([client[era](method, params), delay(5_000, undefined, { ref: false })])
      t.match(answered?.text, /finds it in the log as/, `${era} ${method}`)
      t.match(lines.join(''), /serialize a BigInt/, `${era} ${method} is in the log`)
    }
  }
})
