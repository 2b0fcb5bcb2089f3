// The stories as text: what may be sent to others, and what a terminal obeys.
import t from 'tap'
import { describeSteps, reportStory, summarize } from '../../../../plugins/observability/stories/report.ts'
import { wordsOf } from '../../../../languages/index.ts'
import { event, storiesOf } from './events.ts'

const server = { name: 'Team', url: 'https://mcp.example.com' }
const app = {
  client: 'https://app.example/client.json?key=s3cret',
  clientName: 'Claude',
  redirect: 'claude.ai',
  from: 'b'
}

t.test('a report has what helps, and neither addresses nor what is secret (CN-01)', async (t) => {
  const [story] = storiesOf(
    event(0, 'b.a', 'authorization', { ...app, request: 'r-1' }),
    event(1, 'b.a', 'sign_in_failed', {
      client: app.client,
      reason: 'credentials',
      account: 'hashed',
      backend: 'local'
    })
  )
  const report = reportStory(story!, server)
  t.match(report, 'Attempt: b.a\nServer: https://mcp.example.com (Team), mcp-oauth-server ')
  t.match(report, 'Client ID: https://app.example/client.json\n')
  t.match(
    report,
    'State: Failed (credentials)\nWhat it means: The password or the code was wrong.\nWhat to do: '
  )
  t.match(report, '2026-11-24 10:00:00  It sent the person here to sign in.  request r-1\n')
  t.match(report, '10:00:01  The person could not sign in. (credentials)')
  t.notMatch(report, /s3cret|203\.0\.113|hashed/)
})

t.test('a line for each, with what to do about one that is not connected', async (t) => {
  const [stopped, connected] = storiesOf(
    event(0, 'a.a', 'connected', { ...app, user: 'ann' }),
    event(1, 'b.b', 'authorization_refused', { ...app, reason: 'redirect_uri' })
  )
  t.equal(
    summarize(connected!),
    '2026-11-24 10:00  a.a  connected  Claude  claude.ai  203.0.113.5  ann'
  )
  t.match(summarize(stopped!), /^2026-11-24 10:00 {2}b\.b {2}failed: redirect_uri {2}Claude .*\n {4}The app wants .* If you trust the app/)
})

t.test('what an app calls itself changes nothing at the terminal or in the report (CL-09, CN-03)', async (t) => {
  const clientName = 'Good\u001b[2K\r2026-11-24 10:00  b  connected  Claude\n\u001b]0;owned\u0007\u202e'
  const [story] = storiesOf(event(0, 'a.a', 'authorization', {
    ...app,
    clientName,
    redirect: 'x\u0007'
  }))
  const [line, ...rest] = summarize(story!).split('\n')
  t.match(line, /waiting: authorization {2}Good\\u\{1b\}\[2K\\u\{d\}/)
  t.equal(rest.length, 1)
  for (const text of [summarize(story!), reportStory(story!, server)]) t.notMatch(text.replaceAll('\n', ''), /\p{C}/u)
})

t.test('steps are told in the language of the reader', async (t) => {
  const [story] = storiesOf(event(0, 'a.a', 'sign_in', {
    ...app,
    user: 'ann',
    backend: 'local'
  }))
  t.match(describeSteps(wordsOf('de'), story!.events, () => 'Passwort'), [{ text: 'Die Person meldete sich mit Passwort an.' }])
})
