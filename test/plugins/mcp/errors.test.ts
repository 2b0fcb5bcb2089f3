// What a fault of ours becomes on its way out: nothing of it for the client, all of it in the log.
import t from 'tap'
import { start } from '../../helpers/mcp-endpoint.ts'

t.test('a fault of ours is 500 without its words, under an id that the log has (TL-44)', async (t) => {
  const { app, legacy, logged, ran } = await start(t)
  app.grants.verifyAccessToken = async () => { throw new Error('password=hunter2') }
  const { status, json, text } = await legacy('tools/call', {
    name: 'write', arguments: {}
  })
  t.equal(status, 500)
  t.match(json, {
    error: { code: -32603, message: /^Internal error: the operator finds it in the log as / },
    id: null
  })
  t.notMatch(text, 'hunter2')
  const id = json.error.message.split(' ').at(-1)
  const lines = logged.map((line) => JSON.parse(line))
  t.match(lines.find(({ msg }) => msg === 'mcp request failed'), {
    level: 50, reqId: id, err: { message: 'password=hunter2' }
  })
  t.same(ran, [])
})
