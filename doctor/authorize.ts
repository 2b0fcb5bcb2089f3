// An authorization request as a client makes it, and where a browser that follows it arrives (OAuth 2.1 §4.1).
import { createHash, randomBytes } from 'node:crypto'
import type { AuthorizationServer } from './authorization-server.ts'
import { request, type Answer } from './http.ts'

const MAX_REDIRECTS = 6

/** A request as a client makes it. @param change parameters to replace; `undefined` leaves one out. */
export function authorizeUrl (
  server: AuthorizationServer,
  client: string,
  redirect: string,
  change: Record<string, string | undefined> = {}
): { url: URL; verifier: string; state: string } {
  const verifier = randomBytes(32).toString('base64url')
  const state = randomBytes(16).toString('base64url')
  const url = new URL(server.authorize)
  const parameters: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: client,
    redirect_uri: redirect,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: server.resource,
    ...(server.scopes.length > 0 && { scope: server.scopes.join(' ') }),
    ...change
  }
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value)
  return { url, verifier, state }
}

/** What a browser would see in the end: follows redirects within the site, and stops where they leave it. */
export async function follow (start: URL): Promise<Answer> {
  const jar = new Map<string, string>()
  let url = start
  for (let step = 0; ; step++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await request(url, { headers: { accept: 'text/html', ...(cookie && { cookie }) } })
    for (const each of answer.cookies) jar.set(each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1))
    const next = URL.parse(answer.header('location'), url.href)
    if (answer.status < 300 || answer.status >= 400 || next?.origin !== start.origin || step === MAX_REDIRECTS) {
      return answer
    }
    url = next
  }
}

export const redirectsTo = (answer: Answer, to: string): boolean => answer.header('location').startsWith(to)

/** The status, and the reason that the answer gives. */
export function describe (answer: Answer): string {
  const back = URL.parse(answer.header('location'))?.searchParams
  const error = answer.json?.['error'] ?? back?.get('error')
  const more = answer.json?.['error_description'] ?? back?.get('error_description')
  return [answer.status, error, more].filter((part) => part !== undefined && part !== null).join(' ')
}
