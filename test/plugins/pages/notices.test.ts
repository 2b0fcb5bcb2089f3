// A notice is seen by the person it is for, for a minute; nobody else can put words on the page.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import { findNotice, withNotice } from '../../../plugins/pages/notices.ts'
import { createSealing } from '../../../plugins/secrets.ts'

const clock = { now: 1_800_000_000 }
const app = { sealing: createSealing([randomBytes(32).toString('hex')]), now: () => clock.now }
const message = { key: 'account.disconnected', values: { app: 'Claude <b>' } } as const
const sealed = new URL(withNotice(app, '/account', 'ann', message), 'https://x').searchParams.get('notice')!

t.test('the person it is for sees it on the page they are led to', async (t) => {
  t.same(findNotice(app, 'ann', sealed), message)
  t.equal(findNotice(app, 'ann', undefined), undefined)
})

t.test('a notice for somebody else, an old one, and words from elsewhere are not shown (AZ-23)', async (t) => {
  t.equal(findNotice(app, 'bob', sealed), undefined)
  const other = createSealing([randomBytes(32).toString('hex')])
  for (const made of [
    'Your account was stolen',
    JSON.stringify({ user: 'ann', until: 2_000_000_000, message: 'x' }),
    'A'.repeat(100_000),
    other.seal('notice', Buffer.from(JSON.stringify({ user: 'ann', until: 2_000_000_000, message }))),
    app.sealing.seal('handle', Buffer.from(JSON.stringify({ user: 'ann', until: 2_000_000_000, message })))
  ]) t.equal(findNotice(app, 'ann', made), undefined, made.slice(0, 30))
  clock.now += 61
  t.equal(findNotice(app, 'ann', sealed), undefined)
})
