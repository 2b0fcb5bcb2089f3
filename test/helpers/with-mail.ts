// A server that sends mail to a real SMTP server, and the steps of a person with a local account, for tests.
import { Browser, type Page } from './browser.ts'
import { signUp as signUpFrom } from './oauth.ts'
import type { ServerOptions } from './server.ts'
import type { TestMailbox } from './smtp.ts'
import type { Start } from './storages.ts'

export const PASSWORD = 'eleven quiet otters 42'

export async function startWithMail (smtp: TestMailbox, start: Start, options: ServerOptions = {}) {
  const server = await start({
    ...options,
    env: { SMTP_URL: smtp.url, MAIL_FROM: 'Server <mcp@example.com>', ...options.env }
  })
  const { url, app } = server
  /** The link of the newest message to this address, once it has come. */
  const linkTo = async (address: string, from = 0): Promise<string | undefined> => {
    // What is sent is begun after the answer, and waits for storage first.
    for (let tries = 0; tries < 1_000; tries++) {
      await app.mail.idle()
      const message = smtp.messages.slice(from).findLast(({ to }) => to === address)
      if (message) return /https?:\/\/\S+\?link=[\w-]+/.exec(message.text)?.[0]
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return undefined
  }
  const signUp = async (email: string, password = PASSWORD, browser = new Browser()) =>
    signUpFrom(browser, await browser.get(`${url}/login`), { email, password })
  const signIn = async (email: string, password: string, browser = new Browser()) =>
    browser.submit(await browser.get(`${url}/login`), ({ fields }) => 'password' in fields, { email, password })
  const isIn = async (browser: Browser) => (await browser.get(`${url}/account`)).url.endsWith('/account')
  /** Signed up, confirmed and signed in. */
  const person = async (email: string) => {
    const browser = new Browser()
    const sent = smtp.messages.length
    await signUp(email)
    await browser.submit(await browser.get((await linkTo(email, sent))!), () => true)
    await signIn(email, PASSWORD, browser)
    return browser
  }
  return { ...server, person, linkTo, signUp, signIn, isIn }
}

/** An address of this test alone: the same test runs on each storage, with one mail server for all. */
export const address = (t: { name: string }, name: string) => `${name}.${t.name.includes('Redis') ? 'r' : 's'}@example.net`

/** Submits the form of a local account on a page. */
export const form = (browser: Browser, page: Page, fields: Record<string, string>) =>
  browser.submit(page, ({ fields }) => 'backend' in fields, fields)
