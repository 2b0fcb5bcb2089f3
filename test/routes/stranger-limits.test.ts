// Each page that somebody without a session may open counts for their address (threat RL-01), whichever file it is in.
import t from 'tap'
import { startServer } from '../helpers/server.ts'
import { newClient } from '../helpers/oauth.ts'

t.test('what a stranger may open has a limit by address, each page of it', async (t) => {
  const { app, url } = await startServer(t, {
    env: { AUTH_BACKEND: 'local', SIGNUP: 'open', SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'a@example.com', RATE_LIMITS: 'authorization=1' }
  })
  const { paths } = app
  const { host } = new URL(url)
  const { client_id: client } = await newClient(url)
  const link = '?link=made-up'
  const pages = [
    paths.home, paths.login, paths.signup, `${paths.authorize}?client_id=${encodeURIComponent(client)}`,
    paths.forgotPassword, paths.resetPassword + link, paths.confirmEmail + link, paths.changeEmail + link,
    paths.keepFactors + link, paths.undoFactors + link
  ]
  for (const [index, page] of pages.entries()) {
    const ask = async () => (await app.inject({ url: page, remoteAddress: `192.0.2.${index}`, headers: { host, accept: 'text/html' } })).statusCode
    t.not(await ask(), 429, page)
    t.equal(await ask(), 429, page)
  }
})
