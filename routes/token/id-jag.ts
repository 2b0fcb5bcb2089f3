// grant_type=jwt-bearer with an ID-JAG: an organization's identity provider connects the
// app for a person. Everything is checked before the assertion is used up, and a refusal
// writes nothing (RFC 7523 §2.1, §3.1; draft-ietf-oauth-identity-assertion-authz-grant-04
// §4.4; MCP enterprise-managed authorization §5, §7).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalidScope } from '../../errors.ts'
import { sendOrganizationAdded } from '../../plugins/accounts/messages.ts'
import { organizationOf } from '../../plugins/accounts/organizations.ts'
import { refuse, type IdJag } from '../../plugins/oauth/id-jag/assertion.ts'
import { nameOf } from '../../plugins/oauth/id-jag/index.ts'
import { checkResource, isResource } from '../../plugins/oauth/resource-indicator.ts'
import { opensSomething, resourceScopes } from '../../plugins/oauth/scopes.ts'
import type { Entered } from '../../plugins/sign-in/organization-people.ts'
import type { GrantHandler } from './contract.ts'

export const idJag: GrantHandler = async ({ app, request, client, form, resources }) => {
  const assertion = form.need('assertion')
  const resource = checkResource(form.getAll('resource'), resources)
  const verified = await app.idJag.verify(assertion)
  if (verified.clientId !== client.id) throw refuse('it was issued to another client')
  // Where it names none, its aud is enough: this server protects one resource.
  const isOurs = (one: string) => isResource(one, resources)
  if (verified.resources.length > 0 && !verified.resources.some(isOurs)) {
    throw refuse('its resource is not this server')
  }
  const scopes = scopesFor(verified, form.get('scope'))
  const countShare = app.limits.checkShare('refresh', nameOf(verified), request)
  const enter = await app.signIn.admitByOrganization(verified)
  await app.idJag.use(verified)
  countShare()
  const entered = await enter()
  if (entered.isLinked) noteLink(app, request, entered)
  const { user, backend } = entered
  return app.grants.issueByOrganization({
    clientId: client.id,
    clientName: client.name,
    user: { id: user.id },
    backend,
    scopes,
    resource,
    attempt: app.audit.beginAttempt(request),
    accountEndsAt: user.endsAt
  })
}

/**
 * What the organization allows, the client asks for and this server has. The organization's
 * own sign-in says who the person is, so no identity scopes are given (MCP extension §7.2.1,
 * §7.6.2; RFC 6749 §3.3).
 */
function scopesFor ({ scope }: IdJag, asked: string | undefined): string[] {
  const within = (list: string | undefined, of: readonly string[]) => {
    if (list === undefined) return [...of]
    const named = new Set(list.split(' '))
    return of.filter((one) => named.has(one))
  }
  const allowed = within(scope, resourceScopes)
  if (!opensSomething(allowed)) throw refuse('its scope holds none of this server')
  const granted = within(asked, allowed)
  if (!opensSomething(granted)) throw invalidScope('scope holds nothing of what the ID-JAG allows')
  return granted
}

/** Apps can use an account that was there: its owner hears of it. */
function noteLink (
  app: FastifyInstance,
  request: FastifyRequest,
  { user, backend }: Entered
): void {
  const details = { user: user.id, backend, reason: 'way added' }
  app.audit.record(request, 'account_changed', details)
  sendOrganizationAdded(app, request.words, user, organizationOf(backend)!)
}
