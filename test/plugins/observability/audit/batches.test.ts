// While storage is unavailable events wait, within bounds for each class (threats GR-11, WB-06).
import t from 'tap'
import { MAX_EVENTS } from '../../../../plugins/observability/audit/event-classes.ts'
import { auditOver } from './storage-away.ts'

t.test('while storage is away, a flood leaves what else waits its place, and is written in small steps (GR-11, TF-04)', async (t) => {
  const steps: number[] = []
  let running = 0
  const storage = {
    away: true,
    async write (count: number) {
      steps.push(count)
      t.equal(++running, 1, 'one step at a time: what is written at once shares a transaction')
      await new Promise(setImmediate)
      running--
    }
  }
  const { app, written } = await auditOver(storage)
  app.audit.note('lock', { user: 'ann' })
  for (let count = 0; count < 12_000; count++) app.audit.note('limit', { reason: 'registration' })
  storage.away = false
  await app.close()
  t.match(
    written.filter(({ event }) => event === 'lock'),
    [{ user: 'ann' }]
  )
  // Those beyond the share of one address wait apart.
  t.equal(written.filter(({ event }) => event === 'limit').length, MAX_EVENTS.public + 10_000)
  t.equal(Math.max(...steps), 500, 'nobody else is served during a step')
})
