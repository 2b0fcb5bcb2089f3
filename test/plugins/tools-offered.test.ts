// The tools of this server as clients see them: their annotations, and how much of a context their definitions take.
import t from 'tap'
import { z } from 'zod'
import fetchTool from '../../tools/fetch.ts'
import { loadOffer } from '../../authoring/loader/load.ts'
import searchTool from '../../tools/search.ts'

const TOOLS = new URL('../../tools/', import.meta.url)

t.test('both only read, and say so (H50, pain 18)', async (t) => {
  for (const tool of [searchTool, fetchTool]) {
    t.same(tool.annotations, { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true })
    t.same(tool.scopes, ['mcp:read'])
  }
})

t.test('the definitions of all tools stay small (H52)', async (t) => {
  const definitions = (await loadOffer([TOOLS])).tools.map(
    ({ name, title, description, input, output, annotations }) => ({
      name,
      title,
      description,
      annotations,
      inputSchema: z.toJSONSchema(input),
      outputSchema: output && z.toJSONSchema(output)
    })
  )
  t.ok(JSON.stringify(definitions).length < 20_000, 'about 5,000 tokens')
})
