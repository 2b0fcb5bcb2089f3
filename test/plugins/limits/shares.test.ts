// What good credentials may do in a minute: each owner has a share, and takes nothing from another's.
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { createShares, SHARES } from '../../../plugins/limits/shares.ts'

const request = {} as FastifyRequest

t.test('beyond its share an owner waits for the next minute; others have their own (OW-06)', async (t) => {
  let now = 30
  const noted: string[] = []
  const check = createShares(
    () => now,
    { recordLimit: (_request, limit) => noted.push(limit) }
  )
  for (let count = 0; count < SHARES.refresh; count++) check('refresh', 'grant', request)()
  t.throws(() => check('refresh', 'grant', request), { code: 'too_many_requests', statusCode: 429, headers: { 'retry-after': '30' } })
  t.same(noted, ['refresh'])
  check('refresh', 'another', request)
  check('assertion', 'grant', request)
  now = 60
  t.doesNotThrow(() => check('refresh', 'grant', request))
})

t.test('a check without a use counts nothing', async (t) => {
  const check = createShares(() => 0, { recordLimit () {} })
  for (let count = 0; count < 2 * SHARES.refresh; count++) check('refresh', 'grant', request)
  t.doesNotThrow(() => check('refresh', 'grant', request))
})
