// A person connects an app with their account at GitHub, and loses it when they leave the organization there.
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { ann, startGithub } from '../helpers/github.ts'
import { ping, post } from '../helpers/oauth.ts'
import { startServer } from '../helpers/server.ts'
import { connect, type SignIn } from './backends/connecting.ts'

const throughGithub: SignIn = async (browser, login) => {
  await browser.submit(login, ({ fields }) => fields['provider'] === 'github')
  const answer = await fetch(browser.left!, { redirect: 'manual' })
  return browser.get(answer.headers.get('location')!)
}

t.test('from the bare URL to a call, and to the end of the membership', async (t) => {
  const github = await startGithub(t)
  const clock = { now: Date.now() / 1000 }
  const { url, app } = await startServer(t, {
    env: { ...github.env, GITHUB_ORGS: 'example-inc' },
    now: () => clock.now
  })
  const { client, access, refresh } = await connect(url, throughGithub)
  t.equal(await ping(url, access), 200)
  const [person] = await Array.fromAsync(app.signIn.lifecycle.all())
  t.match(person, { email: 'ann@example.com', name: 'Ann Smith' })

  const renew = (token: string) =>
    post(`${url}/token`, { ...client, grant_type: 'refresh_token', refresh_token: token })
  clock.now += 1_000
  const renewed = await renew(refresh)
  t.equal(renewed.status, 200, 'GitHub was asked, and knows her')
  for (const token of github.tokens.keys()) github.tokens.set(token, { ...ann, groups: ['another'] })
  clock.now += 1_000
  const { refresh_token: next } = renewed.body as { refresh_token: string }
  t.match(await renew(next), { status: 400, body: { error: 'invalid_grant' } })

  const login = await new Browser().get(`${url}/login`)
  t.match(login.text, /Continue with GitHub \(127\.0\.0\.1/)
  github.person = { ...ann, groups: [] }
  const refused = await throughGithub(new Browser(), login).catch((error: Error) => error)
  t.ok(refused, 'another browser cannot use the button of a page that is not its own')
  const browser = new Browser()
  t.match((await throughGithub(browser, await browser.get(`${url}/login`))).text, /not in an organization or team/)
})
