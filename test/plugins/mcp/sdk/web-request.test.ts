// The responses of the SDK as this server sends them.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { z } from 'zod'
import { defineTool } from '../../../../authoring/tool.ts'
import { startServer } from '../../../helpers/server.ts'

const slow = defineTool({
  name: 'slow',
  title: 'Slow',
  description: 'Reports progress.',
  scopes: ['mcp:read'],
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
  input: z.object({}),
  async run (_args, { progress }) { progress(1, 2) }
})

t.test('a connection that the client asked to close is closed after a stream of events as well', async (t) => {
  const { config } = await startServer(t, { env: { AUTH_BACKEND: 'none' }, offer: { tools: [slow] } })
  const body = JSON.stringify({
    jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'slow', arguments: {}, _meta: { progressToken: 1 } }
  })
  const socket = connect(config.port, '127.0.0.1')
  socket.write(`POST / HTTP/1.1\r\nHost: localhost:${config.port}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
    `Accept: application/json, text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  const answer = await text(socket)
  t.match(answer, /content-type: text\/event-stream/i)
  t.match(answer, /connection: close/i)
})
