// Long lists in parts: the neighbours of each, and nothing beyond the ends.
import t from 'tap'
import type { FastifyRequest } from 'fastify'
import { hrefOf, pageOf } from '../../../routes/admin/pager.ts'

const request = (query: string) => ({ url: `/admin/x?${query}`, raw: { url: `/admin/x?${query}` } }) as unknown as FastifyRequest
const items = Array.from({ length: 25 }, (_, n) => n)

t.test('each part has its neighbours, and a page that is not there is the last one', async (t) => {
  t.match(pageOf(request(''), '/x', items, 10), { items: items.slice(0, 10), pager: { page: 1, next: '/x?page=2' } })
  t.match(pageOf(request('page=2&range=week'), '/x', items, 10), {
    items: items.slice(10, 20),
    pager: { previous: '/x?range=week&page=1', next: '/x?range=week&page=3' }
  })
  t.same(pageOf(request('page=99'), '/x', items, 10), { items: items.slice(20), pager: { page: 3, previous: '/x?page=2' } })
  for (const page of ['0', '-1', '1.5', 'x', '1e3', '99999999']) t.equal(pageOf(request(`page=${page}`), '/x', items, 10).pager.page, 1, page)
  t.same(pageOf(request(''), '/x', [], 10), { items: [], pager: { page: 1 } })
})

t.test('an address keeps the view, and nothing else of the query (AS-02)', async (t) => {
  t.equal(
    hrefOf(request('range=week&by=apps&page=3&x=%3Cb%3E'), '/x', { by: 'tools' }),
    '/x?range=week&by=tools'
  )
  t.equal(hrefOf(request(`range=${'w'.repeat(500)}`), '/x', {}), '/x?')
})
