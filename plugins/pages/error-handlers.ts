// How an error is sent: JSON to machines (RFC 6749 §5.2), a page to people, a redirect to the app where that is allowed
// (RFC 6749 §4.1.2.1). One error type in, one response out.
// Tested in test/app.test.ts and test/routes/authorize/request.test.ts.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { BackendUnavailable } from '../../auth-backends/contract.ts'
import { invalidRequest, OAuthError, serverError, temporarilyUnavailable, type ErrorRedirect } from '../../errors.ts'
import type { Words } from '../../languages/index.ts'
import { describeOutage } from '../sign-in/outages.ts'
import { StorageUnavailable } from '../storage/contract.ts'

/**
 * Turns anything thrown into an error that can be sent. Unexpected errors are logged here, and their details stay
 * in the log.
 */
export function toOAuthError (error: unknown, request: FastifyRequest): OAuthError {
  if (error instanceof OAuthError) return error
  if (error instanceof BackendUnavailable) {
    request.log.warn({ err: error }, 'sign-in service')
    const { message, retryAfter } = describeOutage(error)
    return temporarilyUnavailable(message, error, retryAfter)
  }
  if (error instanceof StorageUnavailable) {
    request.log.warn({ err: error }, 'unavailable')
    return temporarilyUnavailable(
      'A service that this server needs does not answer right now. Your request may or may not have been carried out; try again in a few seconds.',
      error
    )
  }
  const { statusCode = 500, code } = error as FastifyError
  if (statusCode === 413) return withStatus(413, 'the request body is too large')
  if (statusCode === 415) return withStatus(415, 'this endpoint does not accept the content type')
  if (statusCode === 429) return withStatus(429, (error as Error).message)
  if (statusCode < 500) {
    const isBody = code?.startsWith('FST_ERR_CTP')
    return withStatus(statusCode, isBody ? 'the body could not be read' : (error as Error).message)
  }
  request.log.error({ err: error }, 'request failed')
  return serverError(`Something went wrong inside the server. The person who runs it finds it in the log as ${request.id}.`, {
    cause: error
  })
}

const withStatus = (statusCode: number, description: string) => {
  const { code, message } = invalidRequest(description)
  return new OAuthError(code, statusCode, message)
}

/** Error handler of the machine endpoints. */
export function sendJsonError (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toOAuthError(error, request)
  return reply
    .code(refusal.statusCode)
    .headers(refusal.headers)
    .header('cache-control', 'no-store')
    .send({ error: refusal.code, error_description: refusal.message })
}

const titles: Readonly<Record<string, string>> = {
  sign_in_expired: 'This sign-in has ended',
  access_denied: 'You may not sign in here',
  invalid_client: 'This app is not known here',
  not_found: 'Page not found',
  too_many_requests: 'Too many attempts',
  temporarily_unavailable: 'Not available right now',
  server_error: 'Something went wrong'
}

/** Error handler of the pages. An error whose redirect was verified goes to the app. */
export async function sendErrorPage (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const { words } = request
  const refusal = toOAuthError(error, request)
  reply.headers(refusal.headers)
  const toClient = ({ redirectUri, state }: ErrorRedirect) =>
    authorizationResponse(redirectUri, {
      error: refusal.code,
      error_description: refusal.message,
      state,
      iss: request.server.issuer
    })
  if (refusal.redirect) return reply.redirect(toClient(refusal.redirect), 303)
  return reply.page(
    'error',
    {
      statusCode: refusal.statusCode,
      title: words.say(refusal.title ?? titles[refusal.code] ?? 'This request cannot be processed'),
      text: words.say(refusal.said ?? refusal.message),
      code: refusal.code,
      requestId: request.id,
      // A page never links to a private scheme.
      action:
        refusal.choice && /^https?:/.test(refusal.choice.redirectUri)
          ? { label: `Back to the app at ${new URL(refusal.choice.redirectUri).host}`, href: toClient(refusal.choice) }
          : describeAction(words, refusal.action ?? { label: { key: 'common.home' }, href: request.server.homeUrl })
    },
    refusal.statusCode
  )
}

const describeAction = (words: Words, { label, href }: NonNullable<OAuthError['action']>) => ({ label: words.say(label), href })

/**
 * RFC 6749 §4.1.2, RFC 9207 §2: parameters are added to the query of the redirect URI; what was registered there stays.
 */
export function authorizationResponse (redirectUri: string, parameters: Record<string, string | undefined>): string {
  const present = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return redirectUri + (redirectUri.includes('?') ? '&' : '?') + new URLSearchParams(present).toString()
}
