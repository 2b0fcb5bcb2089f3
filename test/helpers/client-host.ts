// An app with a metadata document: its own web server, and its way from the authorization request to a code.
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { Browser } from './browser.ts'

export const CALLBACK = 'https://app.example/callback'
export type Answer = (response: ServerResponse, url: string) => void

export const json =
  (body: unknown, headers: Record<string, string> = {}): Answer =>
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
    }

/** The app's own web server, with what it answers by path, and the paths it was asked for. */
export async function startHost (t: Test) {
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url!)
    const answer = answers.get(request.url!)
    if (answer) answer(response, request.url!)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { answers, asked, host, url: (path: string) => `http://${host}${path}` }
}

export const pkce = () => {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}
export const authorizeUrl = (server: string, clientId: string, challenge: string, redirectUri = CALLBACK) =>
  `${server}/authorize?${new URLSearchParams({ response_type: 'code', client_id: clientId, redirect_uri: redirectUri, code_challenge: challenge, code_challenge_method: 'S256', state: 's' })}`

/** From the authorization request to a code, as the demo user. */
export async function walk (server: string, clientId: string) {
  const { verifier, challenge } = pkce()
  const browser = new Browser()
  const consent = await browser.submit(
    await browser.get(authorizeUrl(server, clientId, challenge)),
    ({ fields }) => fields['backend'] === 'demo'
  )
  await browser.submit(consent, ({ buttons }) => buttons.some(({ value }) => value === 'allow'), { decision: 'allow' })
  return {
    browser,
    consent,
    form: {
      grant_type: 'authorization_code',
      client_id: clientId,
      code: browser.left!.searchParams.get('code')!,
      redirect_uri: CALLBACK,
      code_verifier: verifier
    }
  }
}
export const redeem = (server: string, form: Record<string, string>) =>
  fetch(`${server}/token`, { method: 'POST', body: new URLSearchParams(form) })
