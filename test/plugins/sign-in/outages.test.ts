// What a page says of a service that gave no usable answer.
import t from 'tap'
import { BackendUnavailable, type OutageReason } from '../../../auth-backends/unavailable.ts'
import { english } from '../../../languages/index.ts'
import { describeOutage } from '../../../plugins/sign-in/outages.ts'

const reasons: OutageReason[] = ['unreachable', 'slow', 'busy', 'unreadable', 'refused']

t.test('each reason has its own words, which name the service and nothing of the inside (WB-16)', async (t) => {
  const messages = reasons.map((reason) =>
    english.say(describeOutage(new BackendUnavailable('key sk-123 refused by 10.0.0.7', { reason }), 'Example').message)
  )
  t.equal(new Set(messages).size, reasons.length)
  for (const message of messages) {
    t.match(message, /^Example .*\.$/)
    t.notMatch(message, /sk-123|10\.0\.0\.7|undefined/)
  }
})

t.test('the wait is what the service said, five seconds where it said nothing', async (t) => {
  const busy = new BackendUnavailable('429', { reason: 'busy', retryAfter: 40 })
  const { message, retryAfter } = describeOutage(busy, 'Example')
  t.equal(retryAfter, 40)
  t.match(english.say(message), /Wait 40 seconds/)
  const unsaid = describeOutage(new BackendUnavailable('429', { reason: 'busy' }))
  t.equal(unsaid.retryAfter, 5)
  t.match(english.say(unsaid.message), /^The sign-in service .* Wait 5 seconds/)
  t.equal(describeOutage(new BackendUnavailable('none', { retryAfter: 0 })).retryAfter, 0)
})
