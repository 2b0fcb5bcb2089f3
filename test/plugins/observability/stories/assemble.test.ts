// Which events make one story: told apart by what began it, not by address and User-Agent.
import t from 'tap'
import { assembleStories } from '../../../../plugins/observability/stories/assemble.ts'
import type { AuditEvent } from '../../../../plugins/observability/audit/contract.ts'
import { after, event, storiesOf } from './events.ts'

const names = (events: readonly AuditEvent[]) => events.map(({ event }) => event)
const app = { client: 'app', clientName: 'Claude', redirect: 'claude.ai', from: 'browser' }

t.test('one story from the first request to the first list of tools', async (t) => {
  const [story, ...more] = storiesOf(
    event(0, 'server', 'challenge'),
    event(1, 'server', 'discovery'),
    event(2, 'server', 'registration', { client: 'app', clientName: 'Claude' }),
    event(3, 'server.a', 'authorization', app),
    event(9, 'server.a', 'sign_in', { client: 'app', user: 'ann' }),
    event(12, 'server.a', 'consent', { client: 'app', user: 'ann', grant: 'g' }),
    event(13, 'server.a', 'token', {
      client: 'app',
      user: 'ann',
      grant: 'g',
      from: 'server'
    }),
    event(14, 'server.a', 'first_request', { client: 'app', user: 'ann' }),
    event(15, 'server.a', 'connected', { client: 'app', user: 'ann' })
  )
  t.same(more, [])
  t.match(story, {
    id: 'server.a',
    clientName: 'Claude',
    redirect: 'claude.ai',
    user: 'ann',
    state: { kind: 'connected' }
  })
  t.same(names(story!.events), [
    'challenge',
    'discovery',
    'registration',
    'authorization',
    'sign_in',
    'consent',
    'token',
    'first_request',
    'connected'
  ])
})

t.test('two people behind one address with one app are two stories, and no failure hides behind a success', async (t) => {
  const stories = storiesOf(
    event(0, 'browser.a', 'authorization', app),
    event(1, 'browser.b', 'authorization', app),
    event(2, 'browser.a', 'sign_in_failed', {
      client: 'app',
      reason: 'credentials',
      account: 'x'
    }),
    event(3, 'browser.b', 'sign_in', { client: 'app', user: 'bob' }),
    event(4, 'browser.b', 'connected', { client: 'app', user: 'bob' })
  )
  t.match(stories, [
    { id: 'browser.b', user: 'bob', state: { kind: 'connected' }, tries: ['browser.b'] },
    {
      id: 'browser.a',
      state: { kind: 'failed', code: 'credentials' },
      tries: ['browser.a']
    }
  ])
})

t.test('a person who tries again has several tries, shown together', async (t) => {
  const stories = storiesOf(
    ...['a', 'b', 'c'].map((id, n) => event(n, `browser.${id}`, 'authorization_refused', {
      ...app,
      reason: 'redirect_uri'
    }))
  )
  for (const { tries } of stories) t.same(tries, ['browser.a', 'browser.b', 'browser.c'])
})

t.test('a request before it is known which app it is goes to the one attempt it can belong to', async (t) => {
  const probe = event(0, 'office', 'challenge')
  const one = event(5, 'office.a', 'authorization', app)
  const other = event(6, 'office.b', 'authorization', {
    ...app,
    client: 'other',
    from: 'elsewhere'
  })
  t.match(storiesOf(probe, one), [{
    id: 'office.a',
    events: [{ event: 'challenge' }, { event: 'authorization' }]
  }])
  const [, , alone] = storiesOf(probe, one, other)
  t.match(alone, {
    id: 'office',
    isProbe: true,
    before: ['office.a', 'office.b']
  }, 'of several, it belongs to none')
  t.match(storiesOf(probe), [{ isProbe: true, before: [] }])
  t.equal(
    storiesOf(one, event(9, 'office', 'challenge')).length, 2,
    'nor to one that began before it'
  )
})

t.test('the server of an app is found by the token that it fetched, although a browser signed in', async (t) => {
  const [story, ...more] = storiesOf(
    event(0, 'server', 'challenge'),
    event(1, 'browser.a', 'authorization', app),
    event(2, 'browser.a', 'token', { client: 'app', user: 'ann', from: 'server' })
  )
  t.same(more, [])
  t.same(names(story!.events), ['challenge', 'authorization', 'token'])
})

t.test('a code that is refused belongs to the attempt that it was issued in', async (t) => {
  const [story, ...more] = storiesOf(
    event(0, 'browser.a', 'authorization', app),
    event(1, 'browser.a', 'consent', { client: 'app', user: 'ann', grant: 'g' }),
    event(2, 'server', 'token_refused', { grant: 'g', reason: 'code_expired' })
  )
  t.same(more, [])
  t.match(story, { user: 'ann', state: { kind: 'failed', code: 'code_expired' } })
})

t.test('without a further step an attempt waits, and after a quarter of an hour it has stopped', async (t) => {
  const events = [event(0, 'a.a', 'consent', { ...app, user: 'ann' })]
  const stateAfter = (seconds: number) => assembleStories(events, after(seconds))[0]!.state
  t.match(stateAfter(900), {
    kind: 'waiting',
    code: 'consent',
    means: 'connections.wait_consent'
  })
  t.match(stateAfter(901), { kind: 'stopped', todo: 'connections.do_after_consent' })
})

t.test('an app that cannot register is a failure, and no mere probe', async (t) => {
  t.match(storiesOf(event(0, 'a', 'challenge'), event(1, 'a', 'registration_refused', {
    reason: 'invalid_redirect_uri',
    redirect: 'windsurf:'
  })), [
    {
      isProbe: false,
      redirect: 'windsurf:',
      state: { kind: 'failed', code: 'invalid_redirect_uri' }
    }
  ])
})

t.test('a flood of requests costs a few milliseconds, and hides no attempt (CN-04)', async (t) => {
  const flood = Array.from({ length: 3_000 }, (_, n) => [
    event(n, 'flood', 'registration', { client: `app ${n}` }),
    event(n, `flood.${n}`, 'authorization', { ...app, client: `app ${n}` })
  ]).flat()
  const before = process.cpuUsage()
  const stories = storiesOf(...flood, event(3_001, 'ann.a', 'authorization_refused', { ...app, reason: 'pkce' }))
  t.ok(process.cpuUsage(before).user < 1_000_000)
  t.match(stories[0], { id: 'ann.a', isProbe: false, state: { code: 'pkce' } })
})

t.test('thousands of refusals of one app between thousands of its attempts cost as little (CN-04)', async (t) => {
  const flood = Array.from({ length: 3_000 }, (_, n) => [
    event(n, `server ${n}`, 'token_refused', { ...app, reason: 'invalid_grant' }),
    event(n, `browser ${n}.a`, 'authorization', app)
  ]).flat()
  const before = process.cpuUsage()
  const stories = storiesOf(...flood)
  t.ok(process.cpuUsage(before).user < 1_000_000)
  t.equal(stories.length, 3_000)
  t.ok(stories.every(({ events }) => events.length === 2), 'each refusal is in the story that began next')
})

t.test('thousands of attempts of one app share one list of tries (CN-04)', async (t) => {
  const flood = Array.from({ length: 3_000 }, (_, n) => event(n, `server.${n}`, 'authorization', app))
  const stories = storiesOf(...flood)
  t.equal(stories.length, 3_000)
  t.equal(new Set(stories.map(({ tries }) => tries)).size, 1)
})
