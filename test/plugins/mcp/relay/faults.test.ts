// Errors that an upstream answers with: one clean line, and a code
// that says nothing about the connection to this server.
import { ProtocolError } from '@modelcontextprotocol/server'
import t from 'tap'
import { relayedError } from '../../../../plugins/mcp/relay/faults.ts'

t.test('a message is one line of bounded length, without marks that change its direction', async (t) => {
  const { message } = relayedError(new ProtocolError(-32602, 'a\u202eb\r\n\tc'), 'x', [])
  t.equal(message, 'a b c')
  const long = relayedError(new ProtocolError(-32602, 'x'.repeat(9_000)), 'x', [])
  t.equal(long.message.length, 500)
})

t.test('a secret of the file that an upstream repeats reaches neither a caller nor the log (UH-06)', async (t) => {
  for (const code of [-32602, -32001]) {
    const { message } = relayedError(new ProtocolError(code, `wrong key s3cret-key, ${'s3cret-key'.repeat(1_000)}`), 'x', ['s3cret-key'])
    t.match(message, /wrong key \[secret\], /)
    t.notMatch(message, /s3c/)
  }
})

t.test('nor is it in what an upstream adds to its refusal (UH-35)', async (t) => {
  const data = { config: { headers: { authorization: 'Bearer s3cret-key' } }, tries: [1, 's3cret-key'] }
  const refused = relayedError(new ProtocolError(-32603, 'no', data), 'x', ['s3cret-key'])
  t.same(refused.data, { config: { headers: { authorization: 'Bearer [secret]' } }, tries: [1, '[secret]'] })
})

t.test('codes about a connection become an internal error', async (t) => {
  for (const [code, seen] of [
    [-32602, -32602],
    [-32603, -32603],
    [-32002, -32602],
    [7, 7],
    [-32001, -32603],
    [-32042, -32603],
    [-32700, -32603],
    [1.5, -32603]
  ] as const) {
    const error = relayedError(new ProtocolError(code, 'no'), 'x', [])
    t.strictSame([error.code, error.from], [seen, code])
  }
})
