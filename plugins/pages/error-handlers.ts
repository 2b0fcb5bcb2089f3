// How an error is sent: JSON to machines (RFC 6749 §5.2), a page to people, a redirect to the app where that is allowed
// (RFC 6749 §4.1.2.1). One error type in, one response out.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { BackendUnavailable } from '../../auth-backends/contract.ts'
import { invalidRequest, OAuthError, serverError, temporarilyUnavailable, type ErrorRedirect } from '../../errors.ts'
import { english, type Key, type Message, type Text, type Words } from '../../languages/index.ts'
import { describeOutage } from '../sign-in/outages.ts'
import { StorageUnavailable } from '../storage/contract.ts'
import type { PageData } from './page-data.ts'

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
    return temporarilyUnavailable({ key: 'problems.storage' }, error)
  }
  const { statusCode = 500, code, said } = error as FastifyError & { said?: Message }
  if (statusCode === 413) return withStatus(413, 'the request body is too large')
  if (statusCode === 415) return withStatus(415, 'this endpoint does not accept the content type')
  if (statusCode < 500) {
    const isBody = code?.startsWith('FST_ERR_CTP')
    return withStatus(statusCode, said ?? (isBody ? 'the body could not be read' : (error as Error).message))
  }
  // Such as workers that are all busy: nothing is broken.
  if (statusCode === 503) {
    request.log.warn({ err: error }, 'unavailable')
    return temporarilyUnavailable((error as Error).message, error)
  }
  request.log.error({ err: error }, 'request failed')
  return serverError({ key: 'problems.server', values: { request: request.id } }, { cause: error })
}

const withStatus = (statusCode: number, description: Text) =>
  new OAuthError(invalidRequest(description).code, statusCode, description)

/** Error handler of the machine endpoints. */
export function sendJsonError (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = toOAuthError(error, request)
  return reply
    .code(refusal.statusCode)
    .headers(refusal.headers)
    .header('cache-control', 'no-store')
    .send({ error: refusal.code, error_description: refusal.message })
}

const titles: Readonly<Record<string, Key>> = {
  sign_in_expired: 'problems.expiredTitle',
  access_denied: 'problems.accessTitle',
  invalid_client: 'problems.unknownAppTitle',
  not_found: 'problems.notFoundTitle',
  too_many_requests: 'problems.tooManyTitle',
  temporarily_unavailable: 'problems.unavailableTitle',
  server_error: 'problems.serverTitle'
}

/** Error handler of the pages. An error whose redirect was verified goes to the app. */
export async function sendErrorPage (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
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
  // A page never links to a private scheme.
  const back = refusal.choice && /^https?:/.test(refusal.choice.redirectUri) ? refusal.choice : undefined
  const next = back
    ? { label: { key: 'problems.backToApp', values: { host: new URL(back.redirectUri).host } } as const, href: toClient(back) }
    : refusal.action ?? nextOf(refusal, request)
  return reply.page('error', { ...describe(refusal, request.words, next), requestId: request.id }, refusal.statusCode)
}

type NextStep = NonNullable<OAuthError['action']>

function nextOf ({ code }: OAuthError, { server: { homeUrl, signInUrl } }: FastifyRequest): NextStep {
  if (code === 'sign_in_expired' && signInUrl !== undefined) return { label: { key: 'common.signIn' }, href: signInUrl }
  return { label: { key: 'common.home' }, href: homeUrl }
}

/**
 * A text for developers is no answer for the person: it is among the details, in the English
 * of the specifications.
 */
function describe (
  { statusCode, code, title, said, choice, message }: OAuthError,
  words: Words,
  { label, href }: NextStep
): Omit<PageData['error'], 'requestId'> {
  const isOfApp = said === undefined && choice !== undefined
  const isOutage = code === 'temporarily_unavailable'
  return {
    statusCode,
    code,
    title: words.say(title ?? { key: titles[code] ?? (isOfApp ? 'problems.appTitle' : 'problems.requestTitle') }),
    // access_denied is for the person, whoever wrote it.
    text: words.say(said ?? (code === 'access_denied' ? message : undefined) ?? { key: isOutage ? 'problems.storage' : isOfApp ? 'problems.app' : 'problems.request' }),
    ...(!(said && english.say(said) === message) && { reason: message }),
    action: { label: words.say(label), href }
  }
}

/**
 * RFC 6749 §4.1.2, RFC 9207 §2: parameters are added to the query of the redirect URI; what was registered there stays.
 */
export function authorizationResponse (redirectUri: string, parameters: Record<string, string | undefined>): string {
  const present = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return redirectUri + (redirectUri.includes('?') ? '&' : '?') + new URLSearchParams(present).toString()
}
