// Two OpenID providers and GitHub side by side: a button for each, and the people of each are their own.
import t from 'tap'
import { Browser } from '../helpers/browser.ts'
import { ping } from '../helpers/oauth.ts'
import { freePort } from '../helpers/ports.ts'
import { startServer } from '../helpers/server.ts'
import { startProviders } from '../helpers/two-providers.ts'
import { connect, type SignIn } from './backends/connecting.ts'

const through =
  (backend: string): SignIn =>
    async (browser, login) => {
      await browser.submit(login, ({ fields }) => fields['backend'] === backend)
      if (backend === 'github') {
        const answer = await fetch(browser.left!, { redirect: 'manual' })
        return browser.get(answer.headers.get('location')!)
      }
      const outside = new Browser()
      await outside.submit(await outside.get(browser.left!.href), () => true, { name: 'ann', go: 'on' })
      return browser.get(outside.left!.href)
    }

t.test('each signs its own people in, and their titles tell them apart', async (t) => {
  const port = await freePort()
  const { partners, env } = await startProviders(t, port)
  partners.people['ann'] = { email: 'ann@partner.example', email_verified: true, name: 'Ann of the partner' }
  const { url, app } = await startServer(t, { port, env })
  const { text } = await new Browser().get(`${url}/login`)
  for (const title of ['Staff', 'Partners', 'GitHub (127.0.0.1']) t.match(text, `Continue with ${title}`, title)

  const first = await connect(url, through('oidc'))
  const second = await connect(url, through('oidc:partners'))
  for (const { access } of [first, second]) t.equal(await ping(url, access), 200)
  const people = await Array.fromAsync(app.signIn.lifecycle.all())
  t.same(people.map(({ email }) => email).sort(), ['ann@example.com', 'ann@partner.example'])
  t.match(await first.browser.get(`${url}/account`), { text: /Staff/ })
  t.match(await second.browser.get(`${url}/account`), { text: /Partners/ })
})
