// While storage takes no events: they wait in a bounded number, and the log says so once (threat WB-06).
import t from 'tap'
import { auditOver } from './storage-away.ts'

t.test(
  'a storage that takes nothing for long is said once, and once that it does again, with what was lost',
  async (t) => {
    const storage = { away: false }
    const lines: Array<{ msg: string; lost?: number; err?: unknown }> = []
    const stream = {
      write (line: string) {
        lines.push(JSON.parse(line))
      }
    }
    const { app } = await auditOver(storage, { logger: { level: 'warn', stream } })
    const cause = async (count: number) => {
      for (let number = 0; number < count; number++) { app.audit.note(number % 2 ? 'lock' : 'tool_call', { user: `u${number}` }) }
      await app.audit.flush()
    }
    await cause(4)
    t.same(lines, [])
    for (let outage = 0; outage < 2; outage++) {
      storage.away = true
      for (let tries = 0; tries < 5; tries++) await cause(4)
      await cause(22_000)
      t.match(
        lines.splice(0),
        [{ msg: /cannot be written/, err: { message: 'away' } }],
        'once, of all classes and tries together'
      )
      storage.away = false
      await app.audit.flush()
      await app.audit.flush()
      t.match(lines.splice(0), [{ msg: /is written again/, lost: 2_020 }])
    }
    storage.away = true
    await cause(6)
    await app.close()
    t.match(lines, [{ msg: /cannot be written/ }, { msg: /the server stops while/, lost: 6 }])
  }
)

t.test(
  'while storage is away events wait in a bounded number, in order, and nobody waits for them (WB-06)',
  async (t) => {
    const storage = { away: true }
    const { app, written } = await auditOver(storage)
    for (let count = 0; count < 10_500; count++) app.audit.note('lock', { user: `u${count}` })
    await app.audit.flush()
    t.equal(written.length, 0)
    storage.away = false
    await app.close()
    t.equal(written.length, 10_000)
    t.match(written[0], { user: 'u500' }, 'the oldest gave way')
    t.match(written.at(-1), { user: 'u10499' })
  }
)
