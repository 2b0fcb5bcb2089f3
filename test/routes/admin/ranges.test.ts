// Which time a page is about: one of three, whatever the query says.
import t from 'tap'
import type { FastifyRequest } from 'fastify'
import { english } from '../../../languages/index.ts'
import { rangeChoices, rangeOf } from '../../../routes/admin/ranges.ts'

const request = (query: string) => ({ raw: { url: `/x?${query}` }, words: english }) as unknown as FastifyRequest

t.test('a query names a day, a week or a month, and anything else is a day', async (t) => {
  for (const range of ['day', 'week', 'month']) t.equal(rangeOf(request(`range=${range}`)), range)
  for (const other of ['', 'range=', 'range=constructor', 'range=Week']) t.equal(rangeOf(request(other)), 'day', other)
})

t.test('each choice keeps the rest of the view, and one of them is here', async (t) => {
  t.same(rangeChoices(request('by=apps&page=4'), '/x', 'week'), [
    { label: '24 hours', href: '/x?by=apps&range=day', isHere: false },
    { label: '7 days', href: '/x?by=apps&range=week', isHere: true },
    { label: '30 days', href: '/x?by=apps&range=month', isHere: false }
  ])
})
