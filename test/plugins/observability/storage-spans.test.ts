// A span for each operation of the storage that a request causes.
import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import { spanOpener, type Place } from '../../../plugins/observability/spans.ts'
import { traceStorage } from '../../../plugins/observability/storage-spans.ts'

t.test('what a request asks of the storage is told, with whether it failed; what nobody asked for is not', async (t) => {
  const sent: unknown[] = []
  const active = new AsyncLocalStorage<Place>()
  const open = spanOpener((span) => sent.push(span))
  const observe = traceStorage(open, active)
  const away = async () => { throw new Error('away') }
  t.equal(await observe('find', 'grant', async () => 'found'), 'found')
  t.same(sent, [], 'outside of a request')
  const request = open('GET /', 'server', {})
  await active.run(request.place, async () => {
    t.equal(await observe('find', 'grant', async () => 'found'), 'found')
    await t.rejects(observe('put', 'grant', away), { message: 'away' })
  })
  t.match(sent, [
    { name: 'storage find', status: {}, parentSpanId: request.place.spanId },
    { name: 'storage put', status: { code: 2 }, attributes: [{ key: 'db.operation.name' }, { key: 'db.collection.name', value: { stringValue: 'grant' } }] }
  ])
})
