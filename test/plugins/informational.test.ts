// A few informational answers are no flood.
import { EventEmitter } from 'node:events'
import type { ClientRequest } from 'node:http'
import t from 'tap'
import { boundInformational } from '../../plugins/informational.ts'

t.test('twenty may come before an answer', async (t) => {
  const request = new EventEmitter() as ClientRequest
  let floods = 0
  boundInformational(request, () => floods++)
  for (let number = 0; number < 20; number++) request.emit('information')
  t.equal(floods, 0)
  request.emit('information')
  t.equal(floods, 1)
})

t.test('one that is at work for long may say so from time to time', async (t) => {
  let now = 0
  const request = new EventEmitter() as ClientRequest
  let floods = 0
  boundInformational(request, () => floods++, () => now)
  for (now = 0; now < 600_000; now += 10_000) request.emit('information')
  t.equal(floods, 0)
})
