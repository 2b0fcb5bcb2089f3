// What nobody has allowed is held in memory, for minutes, within bounds.
import t from 'tap'
import { createRecent, RECENT_BOUNDS } from '../../../../plugins/oauth/clients/recent.ts'

t.test('what nobody has allowed is kept for minutes, bounded in number and bytes; the oldest give way', async (t) => {
  let now = 0
  const recent = createRecent(() => now)
  const found = (name: string) => ({
    document: { client_id: 'x', client_name: name, redirect_uris: [], grant_types: [] },
    freshUntil: Infinity
  })
  for (let index = 0; index <= RECENT_BOUNDS.entries; index++) recent.add(`u${index}`, found('App'))
  t.equal(recent.find('u0'), undefined)
  t.ok(recent.find('u1'))
  for (let index = 0; index < 200; index++) recent.add(`large${index}`, found('x'.repeat(5_000)))
  const kept = Array.from({ length: 200 }, (_, index) => recent.find(`large${index}`)).filter(Boolean)
  t.ok(kept.length * 5_000 <= RECENT_BOUNDS.bytes, `${kept.length} kept`)
  t.ok(recent.find('large199'))
  now = RECENT_BOUNDS.seconds
  t.equal(recent.find('large199'), undefined)
})

t.test('what was read while the clock had leapt ahead is not kept until it gets there (SG-12)', async (t) => {
  let now = 366 * 86_400
  const recent = createRecent(() => now)
  recent.add('u', 'found')
  t.equal(recent.find('u'), 'found')
  now = 0
  t.equal(recent.find('u'), undefined)
})

t.test('what is read again is counted once: it takes no place of others', async (t) => {
  const recent = createRecent<string>(() => 0)
  recent.add('other', 'found')
  for (let again = 0; again < 10; again++) recent.add('u', 'x'.repeat(RECENT_BOUNDS.bytes / 4))
  t.equal(recent.find('other'), 'found')
})
