// How many questions wait for the people they are for.
import type { McpServer } from '@modelcontextprotocol/server'
import t from 'tap'
import { z } from 'zod'
import { callerOf, callOf, exchangeOf, settingsOf, startUpstream } from '../../../helpers/memory-upstream.ts'

const asking = (server: McpServer) => {
  server.registerTool('ask', { inputSchema: z.object({}) }, async () => {
    const { action } = await server.server.elicitInput({
      message: 'Which?',
      requestedSchema: { type: 'object', properties: {} }
    })
    return { content: [{ type: 'text' as const, text: action }] }
  })
}

const target = { kind: 'http' as const, url: 'https://crm.example/mcp', headers: {} }
const settings = settingsOf({ identity: 'token', target })

t.test('of one person five questions wait; once fifty of all wait, one; and a hundred of all (UP-10)', async (t) => {
  const { upstream } = await startUpstream(t, asking, { settings })
  let apps = 0
  const ask = async (id: string) => {
    const caller = { ...callerOf(id), clientId: `app ${++apps}` }
    const { kind } = await upstream.request(callOf('ask'), exchangeOf({ caller }))
    return kind === 'questions'
  }
  for (let time = 1; time <= 5; time++) t.ok(await ask('ann'))
  t.notOk(await ask('ann'), 'the sixth')
  for (let waiting = 5; waiting < 49; waiting++) t.ok(await ask(`one of five ${Math.floor(waiting / 5)}`))
  t.ok(await ask('bob'), 'the fiftieth')
  t.notOk(await ask('bob'), 'the second of a person who comes late')
  for (let waiting = 50; waiting < 100; waiting++) t.ok(await ask(`late ${waiting}`))
  t.notOk(await ask('too late'))
})
