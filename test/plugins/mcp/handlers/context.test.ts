// The workers as a tool gets them: for the caller's share, which it cannot give up, and until the call's own end
// (threats TL-02, WK-03).
import t from 'tap'
import { z } from 'zod'
import { CallContext, type CallDeps } from '../../../../plugins/mcp/handlers/context.ts'
import type { RunOptions } from '../../../../plugins/workers.ts'
import { defineTool } from '../../../../authoring/tool.ts'
import { mcpClient } from '../../../helpers/mcp.ts'
import { startServer } from '../../../helpers/server.ts'

const TASK = new URL('../../../helpers/worker-task.ts', import.meta.url)

t.test("WK-03: whatever a tool passes, its work is its caller's", async (t) => {
  const seen: RunOptions[] = []
  const run = async (_task: URL, _input: unknown, options: RunOptions) => {
    seen.push(options)
  }
  const contextOf = (user: { id: string } | null) =>
    new CallContext(
      {
        access: user && { user },
        house: { workers: { run } },
        patience: { signal: new AbortController().signal }
      } as unknown as CallDeps,
      undefined
    )
  const { runInWorker: work } = contextOf({ id: 'ann' })
  await work(TASK, {})
  await work(TASK, {}, { timeout: 5, person: 'somebody else' } as object)
  await contextOf(null).runInWorker(TASK, {})
  t.same(
    seen.map(({ person, timeout }) => [person, timeout]),
    [
      ['ann', undefined],
      ['ann', 5],
      [null, undefined]
    ]
  )
})

t.test(
  'TL-02: a task that takes the whole time of its call ends as the call does, and is no fault of the server',
  async (t) => {
    const spin = defineTool({
      name: 'spin',
      title: 'Spin',
      description: 'Never ends.',
      input: z.strictObject({}),
      annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
      scopes: ['mcp:read'],
      timeout: 300,
      run: async (_args, { runInWorker: work }) => {
        await work(TASK, { deed: 'spin' })
      }
    })
    const { url } = await startServer(t, { env: { AUTH_BACKEND: 'none' }, tools: [spin] })
    for (let count = 0; count < 3; count++) {
      const { json } = await mcpClient(`${url}/mcp`).modern('tools/call', { name: 'spin', arguments: {} })
      t.match(json.result, { isError: true, content: [{ text: /did not finish within 0\.3 seconds and was stopped/ }] })
    }
  }
)
