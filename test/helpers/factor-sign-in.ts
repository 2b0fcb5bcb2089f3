// People with a password and second factors at the sign-in page of a running server, for tests.
import type { User } from '../../plugins/sign-in/contract.ts'
import { Browser, type Page } from './browser.ts'
import { appOf, codeAt, passkeyOf } from './second-factors.ts'
import type { TestServer } from './server.ts'

export const PASSWORD = 'eleven quiet otters 42'
export const START = 1_800_000_000
const STEP_SECONDS = 30

const inPassword = ({ fields }: { fields: Record<string, string> }) => 'password' in fields
export const inCode = ({ fields }: { fields: Record<string, string> }) => 'code' in fields
export const byPasskey = ({ fields }: { fields: Record<string, string> }) => 'response' in fields

/** Signs somebody up. @returns their record. */
export async function signUp ({ url, app }: TestServer, email: string): Promise<User> {
  const browser = new Browser()
  const page = await browser.get(`${url}/signup`)
  await browser.submit(page, ({ action }) => action === '/signup', { email, password: PASSWORD })
  const people = await Array.fromAsync(app.signIn.lifecycle.all())
  return people.find((user) => user.email === email)!
}

/** As far as the password leads. */
export const withPassword = async (browser: Browser, { url }: TestServer, email: string, from?: Page) =>
  browser.submit(from ?? (await browser.get(`${url}/login`)), inPassword, { email, password: PASSWORD })

/** @returns an app's next code: each counts once. */
export async function withApp ({ app }: TestServer, user: User, clock: { now: number }) {
  const { secret } = await appOf(app.secondFactors, user, clock.now)
  return () => codeAt(secret, (clock.now += STEP_SECONDS))
}

/** Answers what a page asks an authenticator. */
export async function withPasskey (server: TestServer, user: User) {
  const { authenticator } = await passkeyOf(server, user)
  return (page: Page, wrong = {}) => {
    const [, options] = /data-options="([^"]*)"/.exec(page.text)!
    const question = JSON.parse(options!.replaceAll('&quot;', '"').replaceAll('&amp;', '&'))
    return authenticator.get(question, wrong)
  }
}

export const pathOf = ({ url }: Page): string => new URL(url).pathname

/** A request with the cookies of a browser, for what is no route of its own. */
export const asRequest = ({ cookies }: Browser) => ({ ip: '127.0.0.1', cookies: Object.fromEntries(cookies) }) as never
