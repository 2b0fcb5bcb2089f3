// An access key that the doctor tries: a good one is used for the
// tools, a bad one is named, and neither is printed.
import { Readable } from 'node:stream'
import t from 'tap'
import { readLines } from '../../doctor/key.ts'
import { demoPerson, keyFor } from '../helpers/access-keys.ts'
import { startServer } from '../helpers/server.ts'
import { findings } from './examination.ts'

t.test('with a key that works the tools are examined, with one that was revoked the report says what to do', async (t) => {
  const server = await startServer(t)
  const { id: person } = await demoPerson(server)
  const { secret, id } = await keyFor(server, person)
  const good = await findings(server.url, undefined, secret)
  t.same(good.faults, [])
  t.ok(good.passed.includes('The server accepts the key in the Authorization header.'))
  t.ok(good.passed.some((line) => /There are \d+ tools: .*calculate/.test(line)))

  await server.app.accessKeys.revoke(id)
  const bad = await findings(server.url, undefined, secret)
  t.same(bad.faults, ['The server does not accept the key.'])
  t.match(bad.all, /revoked, past its end, or of another server/)
  t.notMatch(good.all + bad.all, secret.slice(8))
})

t.test('keys are the first lines of standard input', async (t) => {
  t.same(await readLines(Readable.from(['mcp_key_', 'a \r\nmore\n']), 1), ['mcp_key_a'])
  t.same(await readLines(Readable.from(['mcp_key_a\n', 'token']), 2), ['mcp_key_a', 'token'])
  t.same(await readLines(Readable.from([]), 2), ['', ''])
})
