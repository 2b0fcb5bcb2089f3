// Who shares a connection to an upstream with whom.
import type { McpServer } from '@modelcontextprotocol/server'
import t from 'tap'
import { z } from 'zod'
import type { UpstreamCaller } from '../../../plugins/upstreams/contract.ts'
import { callerOf, callOf, exchangeOf, settingsOf, startUpstream } from '../../helpers/memory-upstream.ts'

const whoami = (server: McpServer) => {
  server.registerTool('whoami', { inputSchema: z.object({}) }, () => ({ content: [] }))
}

t.test('a connection is shared by those alone of whom the upstream is told the same (UP-05)', async (t) => {
  const target = { kind: 'http', url: 'http://crm.internal/mcp', headers: {} } as const
  const ann = { ...callerOf('ann'), email: 'ann@example.com', name: 'Ann' }
  const others = { id: 'bob', email: 'a@example.com', name: 'A', groups: ['sales'], clientId: 'other' }
  for (const [what, settings, apart] of [
    ['a shared process', settingsOf(), []],
    ['a process each', settingsOf({}, 'per-user'), ['id', 'email', 'name', 'groups']],
    ['told of nobody', settingsOf({ target }), ['id']],
    ['told in headers', settingsOf({ target, identity: 'headers' }), ['id', 'email', 'name', 'groups']],
    ['told in a token', settingsOf({ target, identity: 'token' }), ['id', 'email', 'name', 'groups', 'clientId']]
  ] as const) {
    const { upstream, opened } = await startUpstream(t, whoami, { settings })
    const call = (caller: UpstreamCaller) => upstream.request(callOf('whoami'), exchangeOf({ caller }))
    const found: string[] = []
    for (const fact of Object.keys(others) as Array<keyof typeof others>) {
      await call(ann)
      const before = opened.length
      await call({ ...ann, [fact]: others[fact] })
      if (opened.length > before) found.push(fact)
    }
    t.same(found, apart, what)
  }
})
