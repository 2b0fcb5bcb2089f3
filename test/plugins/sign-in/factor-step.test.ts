// What becomes of a second factor that is shown: what is recorded, and what whoever shows it reads.
import t from 'tap'
import { tooManyRequests } from '../../../errors.ts'
import { createFactorStep } from '../../../plugins/sign-in/factor-step.ts'

function open (verifyCode: () => Promise<unknown>, needs = 'verify') {
  const events: unknown[] = []
  let entered = 0
  const app = {
    limits: { attempt: async () => {} },
    secondFactors: { verifyCode },
    audit: {
      record: (_request: unknown, event: string, details: unknown) =>
        events.push([event, details])
    }
  }
  const waiting = {
    user: { id: 'ann' },
    pending: { needs, tries: 0, backend: 'local' },
    interaction: {
      browser: 'b',
      intent: { kind: 'visit' }
    }
  }
  const entry = {
    findWaiting: async () => waiting,
    finish: async () => { entered++ }
  }
  const interactions = { advance: async () => ({ handle: 'next' }) }
  const step = createFactorStep({ app, entry, interactions } as never)
  const shown = { kind: 'code', code: '123456' } as never
  const show = () => step.show({} as never, {} as never, 'handle', shown)
  return { show, events, entered: () => entered }
}

t.test('too many codes: the person reads when to come again, and a fault is none of theirs', async (t) => {
  const { show, events, entered } = open(async () => { throw tooManyRequests(60) })
  t.match(await show(), {
    kind: 'wrong',
    handle: 'next',
    statusCode: 429,
    retryAfter: '60',
    message: { key: 'problems.tooMany' }
  })
  t.match(events, [
    ['factor_failed', { user: 'ann', backend: 'local' }]
  ])
  const broken = open(async () => { throw new Error('storage is away') })
  await t.rejects(broken.show(), { message: 'storage is away' })
  t.same([entered(), broken.entered()], [0, 0])
})

t.test('a recovery code is recorded as one, and an app is not', async (t) => {
  for (const [used, recorded] of [
    ['recovery code', [['recovery_code_used', { user: 'ann' }]]],
    ['app', []]
  ] as const) {
    const { show, events, entered } = open(async () => used)
    t.match(await show(), { kind: 'parked' })
    t.same(events, recorded)
    t.equal(entered(), 1)
  }
})

t.test('who has to set one up shows none in its place', async (t) => {
  const { show, events, entered } = open(async () => 'app', 'enrol')
  await t.rejects(show(), { code: 'sign_in_expired' })
  t.same([events, entered()], [[], 0])
})
