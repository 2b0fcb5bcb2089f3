// The tools of this server as clients see them: their annotations, and how much of a context their definitions take.
import t from 'tap'
import { ALL_RIGHTS } from '../../plugins/access-rules/contract.ts'
import fetchTool from '../../tools/fetch.ts'
import { loadOffer } from '../../authoring/loader/load.ts'
import { createToolRegistry } from '../../plugins/mcp/handlers/tools.ts'
import searchTool from '../../tools/search.ts'
import type { Tool } from '../../authoring/tool.ts'

const TOOLS = new URL('../../tools/', import.meta.url)

t.test('both only read, and say so (H50, pain 18)', async (t) => {
  for (const tool of [searchTool, fetchTool]) {
    t.same(tool.annotations, { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true })
    t.same(tool.scopes, ['mcp:read'])
  }
})

t.test('the list of all tools, with a database and a sign-in, takes at most 12 KB (H52)', async (t) => {
  const { tools } = await loadOffer([TOOLS])
  const listed = createToolRegistry(tools as Tool[], true).listedFor(ALL_RIGHTS)
  const bytes = Buffer.byteLength(JSON.stringify({ tools: listed }))
  t.ok(listed.some(({ name }) => name === 'database_query'))
  t.ok(bytes <= 12 * 1024, `${bytes} bytes, about ${Math.round(bytes / 4)} tokens`)
  for (const { description = '', inputSchema } of listed) {
    t.ok(description.length > 100, 'it says when to use it')
    t.equal(inputSchema.additionalProperties, false, 'a misspelled argument is noticed')
  }
})
