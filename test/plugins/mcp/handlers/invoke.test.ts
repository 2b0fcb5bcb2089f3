// What a running tool sends its client, and the trace it is part of.
import t from 'tap'
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
