// Local accounts and the links of their mails, for tests.
import { parseEmail } from '../../auth-backends/contract.ts'
import { randomUUID } from 'node:crypto'
import type { NewLink } from '../../plugins/accounts/email-links.ts'
import { Browser } from './browser.ts'
import type { TestServer } from './server.ts'
import { PASSWORD } from './with-mail.ts'

export function accountsOf ({ app, url }: TestServer) {
  const local = app.signIn.backends.get('local')!
  const accounts = local.accounts!
  return {
    accounts,
    /** An account, and the browser that is signed in to it. */
    async make (email: string) {
      const browser = new Browser()
      await browser.submit(await browser.get(`${url}/signup`), ({ action }) => action === '/signup', {
        email,
        password: PASSWORD
      })
      return browser
    },
    issue: async (email: string, link: Pick<NewLink, 'purpose' | 'by' | 'email'>) =>
      app.accountLinks.issue({
        ...link,
        ...(link.email && { email: parseEmail(`${randomUUID()}@example.org`) }),
        backend: 'local',
        account: (await accounts.find(parseEmail(email)))!
      })
  }
}
