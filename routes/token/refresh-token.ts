// grant_type=refresh_token: rotates, never widens, and changes nothing before everything fits (OAuth 2.1 §4.3, RFC 8707
// §2.2).
import type { FastifyInstance } from 'fastify'
import { invalidGrant, invalidScope } from '../../errors.ts'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import { checkResource } from '../../plugins/oauth/resource-indicator.ts'
import type { GrantHandler } from './contract.ts'

export const refreshToken: GrantHandler = async ({ app, request, client, form, resources }) => {
  const token = form.need('refresh_token')
  checkResource(form.getAll('resource'), resources)
  const found = await app.grants.findByRefreshToken(token)
  const grant = found?.clientId === client.id ? found : undefined
  const check = (current: Grant) =>
    current.clientId === client.id ? undefined : 'the refresh token is not valid; sign in again'
  const checkShare = () => app.limits.checkShare('refresh', found!.id, request)
  const isCurrent = grant !== undefined && app.grants.isCurrentRefreshToken(grant, token)
  const countRotation = isCurrent ? checkShare() : undefined
  if (isCurrent) await checkUpstream(app, grant)
  let countSpare: (() => void) | undefined
  const issued = await app.grants.refresh(token, check, grant && narrowed(form.get('scope'), grant), () => {
    countSpare = checkShare()
  })
  // Any number of retries at once is one rotation, but for those that have a token of their own written.
  if (issued.retry === undefined) countRotation?.()
  countSpare?.()
  return issued
}

/**
 * Where the person signed in at a service that has sessions of its own, the grant lasts no longer than that session.
 * @throws invalid_grant, with the grant ended; BackendUnavailable, with nothing changed.
 */
async function checkUpstream (app: FastifyInstance, { id, backendSession }: Grant): Promise<void> {
  if (backendSession === undefined || (await app.signIn.upstream.fresh(backendSession))) return
  await app.grants.revoke(id)
  throw invalidGrant('the service the person signed in with has ended their session; sign in again')
}

/** RFC 6749 §6: the requested scopes must lie within what the person allowed. */
export function narrowed (asked: string | undefined, grant: Pick<Grant, 'scopes'>): string[] | undefined {
  if (asked === undefined) return undefined
  const wanted = [...new Set(asked.split(' ').filter(Boolean))]
  if (!wanted.every((scope) => grant.scopes.includes(scope))) {
    throw invalidScope('scope goes beyond what was allowed; start a new authorization to ask for more')
  }
  return wanted.length > 0 ? wanted : undefined
}
