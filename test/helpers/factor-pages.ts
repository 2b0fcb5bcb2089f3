// A person at the pages of their second factors: in a browser without scripts, with a real SMTP server.
import type { Page } from './browser.ts'
import { codeAt } from './second-factors.ts'
import type { TestMailbox } from './smtp.ts'
import type { Start } from './storages.ts'
import { address, startWithMail } from './with-mail.ts'

export const START = 1_800_000_000
export const FACTORS = '/account/second-factors'
export const actionIs = (path: string) => ({ action }: { action: string }) => action === FACTORS + path
export const secretOn = ({ text }: Page) => /<code>([A-Z2-7 ]{39})<\/code>/.exec(text)![1]!.replaceAll(' ', '')
export const codesOn = ({ text }: Page) => text.match(/\b[0-9a-z]{5}-[0-9a-z]{5}\b/g) ?? []

/** Somebody with a local account, signed in just now. */
export async function personAt (t: { name: string }, start: Start, smtp: TestMailbox) {
  const clock = { now: START }
  const server = await startWithMail(smtp, start, {
    now: () => clock.now,
    env: { AUTH_BACKEND: 'local' }
  })
  const email = address(t, 'ann')
  const browser = await server.person(email)
  const user = await findUser(server, email)
  const subjects = async () => {
    await server.app.mail.idle()
    return smtp.messages.filter(({ to }) => to === email).map(({ raw }) => /^Subject: (.*?)(?: - |\r)/m.exec(raw)![1])
  }
  const page = (path = '') => browser.get(server.url + FACTORS + path)
  /** The page that sets an app up, answered rightly. */
  const addApp = async () => {
    const shown = await page('/app')
    const secret = secretOn(shown)
    const answer = { code: codeAt(secret, clock.now), name: 'Phone' }
    return { secret, answered: await browser.submit(shown, actionIs('/app'), answer) }
  }
  return { ...server, clock, email, browser, user, subjects, page, addApp }
}

async function findUser ({ app }: Awaited<ReturnType<typeof startWithMail>>, email: string) {
  for await (const user of app.signIn.lifecycle.all()) if (user.email === email) return user
  throw new Error(`nobody has ${email}`)
}
