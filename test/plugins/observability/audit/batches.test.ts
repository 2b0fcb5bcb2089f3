// While storage is unavailable events wait, within bounds for each class (threats GR-11, WB-06).
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import type { AuditEvent } from '../../../../plugins/observability/audit/contract.ts'
import audit from '../../../../plugins/observability/audit/index.ts'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'

t.test('while storage is away, a flood leaves what else waits its place, and is written in small steps (GR-11, TF-04)', async (t) => {
  const written: AuditEvent[] = []
  const steps: number[] = []
  let away = true
  let running = 0
  const journal = {
    async append (entries: Array<{ entry: AuditEvent }>) {
      if (away) throw new StorageUnavailable('away')
      steps.push(entries.length)
      t.equal(++running, 1, 'one step at a time: what is written at once shares a transaction')
      await new Promise(setImmediate)
      running--
      written.push(...entries.map(({ entry }) => entry))
    }
  }
  const app = Fastify()
  app.register(
    fp(
      async function storage (app) {
        app.decorate('storage', { journal: () => journal, collection: () => ({}) } as never)
        app.decorate('sealing', {} as never)
        app.decorate('now', () => 0)
      },
      { name: 'storage' }
    )
  )
  app.register(audit)
  await app.ready()
  app.audit.note('lock', { user: 'ann' })
  for (let count = 0; count < 12_000; count++) app.audit.note('limit', { reason: 'registration' })
  away = false
  await app.close()
  t.match(
    written.filter(({ event }) => event === 'lock'),
    [{ user: 'ann' }]
  )
  t.equal(written.filter(({ event }) => event === 'limit').length, 10_000)
  t.equal(Math.max(...steps), 500, 'nobody else is served during a step')
})
