// The process of a server: what a tool leaves behind ends none (threat WB-20).
import t from 'tap'
import { mcpClient } from './helpers/mcp.ts'
import { startProcess } from './helpers/processes.ts'
import { fill, folder } from './helpers/tool-context.ts'

const TOOL = `import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
import { defineTool } from ${JSON.stringify(import.meta.resolve('../authoring/tool.ts'))}

export default defineTool({
  name: 'leave',
  title: 'Leave',
  description: 'Asks for something and does not wait for it.',
  input: z.object({}),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
  scopes: ['mcp:read'],
  async run () { Promise.reject(new Error('nobody waits for me')) }
})
`

t.test('a promise that a tool does not wait for ends no server when it is rejected: the log says so (WB-20)', async (t) => {
  const project = await folder(t)
  await fill(project, { 'tools/leave.ts': TOOL })
  const server = await startProcess(t, { AUTH_BACKEND: 'none' }, undefined, project)
  const { legacy } = mcpClient(server.url)
  for (let time = 0; time < 2; time++) {
    t.equal((await legacy('tools/call', { name: 'leave', arguments: {} })).json.result.isError, undefined)
  }
  t.equal(await server.end('SIGTERM'), 0)
  const logged = server.output().split('\n').filter((line) => line.includes('a promise was rejected'))
  t.equal(logged.length, 2)
  t.match(logged[0], 'nobody waits for me')
})
