// What is followed at an upstream is asked for once, and no more than that is given up.
import t from 'tap'
import { Following } from '../../../../plugins/upstreams/connections/following.ts'

function follow (era: 'legacy' | 'modern') {
  const asked: string[] = []
  const client = {
    getProtocolEra: () => era,
    listen: async ({ resourceSubscriptions }: { resourceSubscriptions: string[] }) => {
      asked.push(`listen ${resourceSubscriptions.join()}`)
      return { close: async () => {} }
    }
  }
  const ask = async (method: string, { uri }: Record<string, unknown>) => {
    asked.push(`${method} ${String(uri)}`)
    return {}
  }
  return { asked, following: new Following({ client, timeoutMs: 1_000, ask, say () {} } as never) }
}

t.test('of the versions before 2026-07-28: one request for each, however often somebody wants it', async (t) => {
  const { asked, following } = follow('legacy')
  for (const uri of ['x:a', 'x:a', 'x:b', 'x:a']) await following.subscribe(uri)
  await following.unsubscribe(['x:c', 'x:a'])
  await following.unsubscribe(['x:a'])
  t.same(asked, ['resources/subscribe x:a', 'resources/subscribe x:b', 'resources/unsubscribe x:a'])
})

t.test('of 2026-07-28: one stream that names all, and another only where that changes', async (t) => {
  const { asked, following } = follow('modern')
  for (const uri of ['x:a', 'x:a', 'x:b', 'x:a']) await following.subscribe(uri)
  await following.unsubscribe(['x:c'])
  await following.unsubscribe(['x:a'])
  following.close()
  t.same(asked, ['listen x:a', 'listen x:a,x:b', 'listen x:b'])
})
