// A change as clients are notified of it.
import t from 'tap'
import { notificationOf } from '../../../../plugins/mcp/streams/notification.ts'

t.test('each kind of change has its method, a resource its uri, and `_meta` stands where it was given', async (t) => {
  for (const list of ['tools', 'prompts', 'resources'] as const) {
    t.strictSame(notificationOf({ kind: `${list}_list_changed` }), {
      jsonrpc: '2.0',
      method: `notifications/${list}/list_changed`
    })
  }
  t.strictSame(notificationOf({ kind: 'tools_list_changed' }, { x: 1 }).params, { _meta: { x: 1 } })
  t.strictSame(notificationOf({ kind: 'resource_updated', uri: 'note:1', user: 'ann' }), {
    jsonrpc: '2.0',
    method: 'notifications/resources/updated',
    params: { uri: 'note:1' }
  })
})
