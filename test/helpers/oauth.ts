// A client for tests: registers, walks a person through the pages,
// redeems, refreshes, revokes; each step as single
// requests that a test can bend.
import { createHash, randomBytes } from 'node:crypto'
import { Browser, type Page } from './browser.ts'

export const CALLBACK = 'https://app.example/callback'

export interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}
export type Fields = Record<string, string | undefined>

export interface TestClient {
  client_id: string
  client_secret?: string
}

async function answer (response: Response): Promise<Answer> {
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {}
  }
}

export const register = async (url: string, metadata: unknown): Promise<Answer> =>
  answer(
    await fetch(`${url}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof metadata === 'string' ? metadata : JSON.stringify(metadata)
    })
  )

export async function newClient (url: string, metadata: Record<string, unknown> = {}): Promise<TestClient> {
  const { body } = await register(url, { redirect_uris: [CALLBACK], ...metadata })
  return {
    client_id: body['client_id'] as string,
    ...(body['client_secret'] !== undefined && { client_secret: body['client_secret'] as string })
  }
}

/** A form post; a field that is undefined is left out. */
export async function post (
  url: string,
  fields: Fields | string,
  headers: Record<string, string> = {}
): Promise<Answer> {
  const body =
    typeof fields === 'string'
      ? fields
      : new URLSearchParams(
        Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined)
      ).toString()
  return answer(
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body
    })
  )
}

export function pkce () {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

export const authorizeUrl = (url: string, fields: Fields): string => {
  const all = { response_type: 'code', redirect_uri: CALLBACK, code_challenge_method: 'S256', ...fields }
  return `${url}/authorize?${new URLSearchParams(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))}`
}

/** The button of this value, on a page that asks: consent, unless it is named. */
export const decide = (browser: Browser, page: Page, decision = 'allow'): Promise<Page> =>
  browser.submit(page, ({ buttons }) => buttons.some(({ value }) => value === decision), { decision })

/** The app exchanges the code with which the browser was sent back to it. */
export async function redeemCode (url: string, client: TestClient, browser: Browser, verifier: string) {
  const { body } = await post(`${url}/token`, {
    ...client,
    grant_type: 'authorization_code',
    code: browser.left!.searchParams.get('code')!,
    redirect_uri: CALLBACK,
    code_verifier: verifier
  })
  return { access: body['access_token'] as string, refresh: body['refresh_token'] as string }
}

/** From the authorization request to the code, as a demo user. */
export async function walk (url: string, client: TestClient, fields: Fields = {}, browser = new Browser()) {
  const { verifier, challenge } = pkce()
  const first = await browser.get(
    authorizeUrl(url, { client_id: client.client_id, code_challenge: challenge, ...fields })
  )
  const consent = first.url.includes('/consent')
    ? first
    : await browser.submit(first, ({ fields: { backend } }) => backend === 'demo')
  await decide(browser, consent)
  const redirect = browser.left!
  const form: Fields = {
    ...client,
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code')!,
    redirect_uri: fields['redirect_uri'] ?? CALLBACK,
    code_verifier: verifier
  }
  return { browser, redirect, form, consent }
}

/** From a sign-in page to a new local account, and on to whatever comes after it. */
export async function signUp (
  browser: Browser,
  login: Page,
  { email, password = 'eleven quiet otters 42', ...more }: { email: string; password?: string; name?: string }
): Promise<Page> {
  const link = /href="([^"]*\/signup[^"]*)"/.exec(login.text)![1]!.replaceAll('&amp;', '&')
  return browser.submit(await browser.get(new URL(link, login.url).href), ({ action }) => action === '/signup', {
    email,
    password,
    ...more
  })
}

export async function tokensFor (url: string, client: TestClient, fields: Fields = {}) {
  const { form } = await walk(url, client, fields)
  const { body } = await post(`${url}/token`, form)
  return {
    form,
    access: body['access_token'] as string,
    refresh: body['refresh_token'] as string,
    scope: body['scope'] as string
  }
}

/** The status of an MCP ping with this token. */
export const ping = async (url: string, token: string): Promise<number> =>
  (
    await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}'
    })
  ).status
