// What is open for a key ends with it, in both eras, and a session belongs to one key.
import { demoPerson, keyFor } from '../helpers/access-keys.ts'
import { mcpClient, openStream } from '../helpers/mcp.ts'
import { beginSession, endSoon, listen, offer } from '../helpers/mcp-held.ts'
import type { TestServer } from '../helpers/server.ts'
import { storageTest } from '../helpers/storages.ts'

const ends: Record<string, (server: TestServer, key: string, person: string) => Promise<unknown>> = {
  'it is revoked': ({ app }, key) => app.accessKeys.revoke(key),
  'its person is locked': ({ app }, _key, person) => app.signIn.lifecycle.lock(person)
}

for (const [what, end] of Object.entries(ends)) {
  storageTest(`the streams, sessions and questions of a key end when ${what}, and another's do not (AK-10)`, async (t, start) => {
    const server = await start({ offer })
    const { url } = server
    const hold = async () => {
      const { id: person } = await demoPerson(server)
      const { secret, id } = await keyFor(server, person)
      const bearer = { authorization: `Bearer ${secret}` }
      const headers = { ...bearer, 'mcp-session-id': await beginSession({ mcp: mcpClient(url, secret) }) }
      const body = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'ask', arguments: {} } }
      const question = await openStream(url, { method: 'POST', headers, body })
      await question.until(1)
      return { person, id, streams: [await listen(url, bearer), await openStream(url, { headers }), question] }
    }
    const [anns, bobs] = [await hold(), await hold()]
    t.ok(anns.streams.every(({ status }) => status === 200))
    await end(server, anns.id, anns.person)
    await endSoon(t, anns.streams, what)
    t.strictSame(
      bobs.streams.map(({ messages }) => messages().length),
      [1, 0, 1]
    )
    for (const stream of bobs.streams) stream.leave()
  })
}

storageTest('a session of one key is not found with another key of the same person (AK-10)', async (t, start) => {
  const server = await start({ offer })
  const { id } = await demoPerson(server)
  const [one, two] = [await keyFor(server, id), await keyFor(server, id)]
  const session = await beginSession({ mcp: mcpClient(server.url, one.secret) })
  const list = (key: string) => mcpClient(server.url, key).legacy('tools/list', {}, { 'mcp-session-id': session })
  t.equal((await list(two.secret)).status, 404)
  t.equal((await list(one.secret)).status, 200)
})
