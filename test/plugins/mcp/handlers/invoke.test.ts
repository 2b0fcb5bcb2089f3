// What a running tool sends its client, and the trace it is part of.
import t from 'tap'
import type { ToolContext } from '../../../../authoring/tool.ts'
import type { McpRequest } from '../../../../plugins/mcp/contract.ts'
import type { CallServices, ClientChannel, Invocation } from '../../../../plugins/mcp/handlers/contract.ts'
import { invoke } from '../../../../plugins/mcp/handlers/invoke.ts'
import { open, tool } from '../../../helpers/mcp-authored.ts'

t.test('log lines go to a client that asked for their level, and to no other', async (t) => {
  const { modern, legacy } = await open(t, [
    tool('talk', ({ client, log }) => {
      log.info('for the operator')
      client.log('debug', 'fine')
      client.log('warning', 'careful')
    })
  ])
  const lines = async (level?: string) => {
    const { messages } = await modern('tools/call', {
      name: 'talk',
      arguments: {},
      ...(level && { _meta: { 'io.modelcontextprotocol/logLevel': level } })
    })
    return messages.slice(0, -1).map(({ method, params }) => [method, params.level, params.data, params.logger])
  }
  t.strictSame(await lines(), [])
  t.strictSame(await lines('info'), [['notifications/message', 'warning', 'careful', 'talk']])
  t.equal((await lines('debug')).length, 2)
  t.equal((await legacy('tools/call', { name: 'talk', arguments: {} })).messages.length, 1)
  t.equal(
    (await legacy('logging/setLevel', { level: 'debug' })).json.error.code,
    -32601,
    'without a session nobody could remember it'
  )
})

t.test('what goes on after its call has ended reports to nobody', async (t) => {
  const reports: unknown[] = []
  let kept: ToolContext | undefined
  const run = async (context: ToolContext) => {
    kept = context
    context.progress(1, 3)
    return 'done'
  }
  const channel = {
    meta: { progressToken: 'p' },
    capabilities: undefined,
    notifyProgress: (report: { progress: number }) => reports.push(report.progress),
    log: (level: string) => reports.push(level)
  }
  const request = { signal: new AbortController().signal, access: null, rights: {}, address: '192.0.2.1' } as unknown as McpRequest
  const invocation = { method: 'tools/call', params: [], timeout: 1_000, run } as unknown as Invocation<string>
  t.equal(await invoke(invocation, request, {} as CallServices, channel as unknown as ClientChannel), 'done')
  kept!.progress(3, 3)
  kept!.client.log('info', 'late')
  t.same(reports, [1])
})
