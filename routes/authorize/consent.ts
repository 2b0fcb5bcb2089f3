// The consent page: which app asks, for what, and where the browser is sent next. Shown every time, decided once (MCP
// "Confused Deputy Problem"; RFC 6749 §4.1.1, §4.1.2).
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../../config/index.ts'
import { accessDenied, invalidRequest, loginRequired, signInExpired } from '../../errors.ts'
import type { Words } from '../../languages/index.ts'
import { withInteraction } from '../../paths.ts'
import { createTurnsOf } from '../../plugins/in-turns.ts'
import { wholeUpstream } from '../../plugins/access-rules/contract.ts'
import { rightsOfVisitor } from '../../plugins/access-rules/principal.ts'
import { sendAppConnected } from '../../plugins/accounts/messages.ts'
import { displayName } from '../../plugins/accounts/user-record.ts'
import { ofGrant } from '../../plugins/observability/audit/index.ts'
import { describeRedirectUri } from '../../plugins/oauth/clients/redirect-uris.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import { parseToken } from '../../plugins/oauth/grants/token-format.ts'
import { endOf } from '../../plugins/oauth/grants/new-grant.ts'
import { choiceOf, nameSome, READ_ONLY_FIELD, takeAway, toolField, type Choice } from '../../plugins/oauth/less.ts'
import { describeScopes, opensSomething } from '../../plugins/oauth/scopes.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import type { Visitor } from '../../plugins/sign-in/sessions.ts'
import { choosingAccount, type AuthorizationRequest } from '../../plugins/sign-in/intent.ts'
import { authorizationResponse } from '../../plugins/pages/error-handlers.ts'
import { usableUpstreams } from '../../plugins/upstreams/usable.ts'
import { describeClient } from './describe-client.ts'

export default async function consent (app: FastifyInstance, { publicUrl, grantTtl }: Pick<Config, 'publicUrl' | 'grantTtl'>) {
  const { paths } = app
  app.grants.onEnd(async (grant, reason) => {
    if (reason === 'replaced') app.audit.note('revocation', { ...ofGrant(grant), reason: 'too_many_connections' })
  })

  app.get(paths.consent, async (request, reply) => {
    const handle = queryParameters(request).get('interaction')
    const { user, asked } = await readConsent(app, request, handle)
    return reply.page('consent', {
      interaction: handle!,
      ...(await describeClient(app, asked)),
      user: user.email ?? displayName(user),
      scopes: describeScopes(request.words, asked.scopes),
      opensNothing: !opensSomething(asked.scopes),
      ...describeChoice(request.words, await findChoice(app, user, asked)),
      ends: request.words.day(endOf(app.now(), grantTtl, user.endsAt)),
      actions: { consent: paths.consent, switchAccount: paths.switchAccount, account: paths.account }
    })
  })

  app.post(paths.consent, async (request, reply) => {
    const form = formParameters(request)
    const decision = form.get('decision')
    if (decision !== 'allow' && decision !== 'deny') throw invalidRequest({ key: 'problems.decide' })
    const visitor = await readConsent(app, request, form.get('interaction'))
    const choice = await findChoice(app, visitor.user, visitor.asked)
    await app.signIn.interactions.consume(request, form.get('interaction'))
    const { redirectUri, state, scopes } = visitor.asked
    if (decision === 'deny') {
      recordDecision(app, request, 'denial', visitor)
      const refusal = accessDenied('The person did not allow it.')
      refusal.redirect = { redirectUri, state }
      throw refusal
    }
    const code = await allow(app, request, visitor, takeAway(form, choice, scopes))
    return reply.redirect(authorizationResponse(redirectUri, { code, state, iss: publicUrl }), 303)
  })

  app.post(paths.switchAccount, async (request, reply) => {
    const handle = formParameters(request).get('interaction')
    const { intent, session, language } = await app.signIn.interactions.find(request, handle)
    if (session === undefined) throw signInExpired()
    await app.signIn.interactions.consume(request, handle)
    await app.signIn.sessions.signOut(request, reply)
    // A provider that is still signed in would name the same person again.
    const other = choosingAccount(intent)
    return reply.redirect(
      withInteraction(paths.login, await app.signIn.interactions.begin(request, reply, other, { ...(language && { language }) })),
      303
    )
  })
}

interface Consent extends Visitor {
  asked: AuthorizationRequest
}

/**
 * @returns the authorization code. @throws sign_in_expired when the session has ended
 * meanwhile, with nothing allowed.
 */
async function allow (
  app: FastifyInstance,
  request: FastifyRequest,
  visitor: Consent,
  given: ReturnType<typeof takeAway>
): Promise<string> {
  const { user, backend, backendSession, provenAt, factorAt, asked } = visitor
  const { state: _, wishes: __, maxAge, ...allowed } = asked
  await app.clients.remember(asked.clientId, user.id)
  const isNew =
    app.mail.isOn && !(await app.grants.listByUser(user.id)).some(({ clientId }) => clientId === asked.clientId)
  const code = await app.grants.issueCode({
    ...allowed,
    ...given,
    ...(maxAge !== undefined && provenAt !== undefined && { authTime: Math.floor(provenAt) }),
    ...(factorAt !== undefined && { secondFactor: true as const }),
    backend,
    backendSession,
    accountEndsAt: user.endsAt,
    user: { id: user.id },
    // A password reset, a lock or "sign out everywhere" first ends the sessions, then the
    // grants that it finds.
    isStillSignedIn: async () => (await app.signIn.sessions.current(request))?.user.id === user.id
  })
  recordDecision(app, request, 'consent', visitor, given.scopes, parseToken('ac', code)?.grantId)
  // The owner learns of a consent that was given in their browser by someone else, or that
  // they were tricked into. The
  // response does not wait for the mail.
  if (isNew) {
    const connected = { ...asked, ...given, ...describeRedirectUri(asked.redirectUri) }
    sendAppConnected(app, request.words, user, connected).catch((error: unknown) => {
      request.log.error({ err: error }, 'a notice could not be sent')
    })
  }
  return code
}

function recordDecision (
  app: FastifyInstance,
  request: FastifyRequest,
  decision: 'consent' | 'denial',
  { user, backend, asked }: Consent,
  scopes = asked.scopes,
  grant?: string
): void {
  app.audit.record(request, decision, {
    user: user.id,
    backend,
    client: asked.clientId,
    clientName: asked.clientName,
    scope: scopes.join(' '),
    ...(grant !== undefined && { grant }),
    attempt: asked.attempt
  })
}

/**
 * From the parked request, the tools and the person's last grant of this app:
 * nothing that the form or the app says.
 */
async function findChoice (
  app: FastifyInstance,
  user: User,
  { clientId, scopes }: AuthorizationRequest
): Promise<Choice> {
  if (!opensSomething(scopes)) return { tools: [], upstreams: [] }
  const grants = await app.grants.listByUser(user.id)
  const last = grants.find((grant) => grant.clientId === clientId)
  const rights = rightsOfVisitor(app, user)
  const turn = createTurnsOf(() => app.callerTurns.next(user.id))
  return choiceOf(scopes, app.tools.offered, rights, last, await usableUpstreams(app.upstreams, rights, scopes, turn))
}

function describeChoice (words: Words, { readOnly, tools, upstreams }: Choice): Pick<PageData['consent'], 'less' | 'uses'> {
  if (!readOnly && tools.length + upstreams.length === 0) return {}
  return {
    ...(upstreams.length > 0 && { uses: nameSome(words, upstreams.map(({ name }) => name)) }),
    less: {
      isOpen: readOnly?.isTicked === true || [...tools, ...upstreams].some(({ isTicked }) => isTicked),
      ...(readOnly && { readOnly: { field: READ_ONLY_FIELD, ...readOnly } }),
      tools: tools.map((tool) => ({ field: toolField(tool.name), ...tool })),
      upstreams: upstreams.map((one) => ({ field: toolField(wholeUpstream(one.name)), ...one }))
    }
  }
}

/** The request under consent and the person who signed in for it. Consumes nothing. */
async function readConsent (
  app: FastifyInstance,
  request: FastifyRequest,
  handle: string | undefined
): Promise<Consent> {
  const { intent, session } = await app.signIn.interactions.find(request, handle)
  const visitor = await app.signIn.sessions.current(request)
  if (!visitor || session === undefined || intent.kind !== 'authorization') throw signInExpired()
  const { wishes: { subject } = {}, redirectUri, state } = intent.request
  // Core §3.1.2.1: not as anybody but the person whom the app named.
  if (subject !== undefined && subject !== visitor.user.id) {
    const refusal = loginRequired({ key: 'providers.otherPerson' })
    refusal.choice = { redirectUri, state }
    throw refusal
  }
  return { ...visitor, asked: intent.request }
}
