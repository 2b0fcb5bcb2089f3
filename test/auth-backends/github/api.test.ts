// What GitHub refuses a code with, in words for the operator: never in those of the answer.
import t from 'tap'
import { openGithub } from '../../../auth-backends/github/index.ts'
import { env } from '../../../auth-backends/github/settings.ts'
import { startGithub } from '../../helpers/github.ts'

const CALLBACK = 'http://localhost:8080/login/callback/github'
const host = { now: () => 1_800_000_000, log: { info () {}, warn () {} } }

t.test('each refusal of a code is named with its remedy, where there is one', async (t) => {
  const github = await startGithub(t)
  const { redirect } = openGithub(env.parse(github.env), host)
  const begin = { provider: 'github', callbackUrl: CALLBACK, state: 's' }
  const { continuation } = await redirect!.begin(begin)
  const url = new URL(`${CALLBACK}?code=x&state=s`)
  const remedies = {
    redirect_uri_mismatch: /does not have our callback address/,
    something_new: /answered something_new$/,
    'A secret "text"': /answered an error$/
  }
  for (const [error, message] of Object.entries(remedies)) {
    const answer = JSON.stringify({ error })
    github.instead.set('/login/oauth/access_token', (response) => response.end(answer))
    const fault = { name: 'BackendUnavailable', reason: 'refused', message }
    await t.rejects(redirect!.finish({ url, state: 's', continuation }), fault as never)
  }
})
