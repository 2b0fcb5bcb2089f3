// Invitations: made, sent again and withdrawn, with what became of each.
// Tested in test/routes/admin/invitations.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest, OAuthError } from '../../errors.ts'
import { languages, type Language, type Words } from '../../languages/index.ts'
import { stateOf, type Invitation, type InvitationState } from '../../plugins/accounts/invitation.ts'
import { OPERATOR, type Invited } from '../../plugins/administration/contract.ts'
import { nameOfInviter } from '../../plugins/administration/invited.ts'
import { formParameters, queryParameters, type Parameters } from '../../plugins/oauth/parameters.ts'
import type { Row } from '../../plugins/pages/admin-people-page-data.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { withQuery } from './describe-list.ts'
import { frameOf } from './frame.ts'
import { actorOf, isProven, proveFirst } from './guard.ts'
import { noticeOf, redirectDone } from './notices.ts'

type Page = PageData['admin/invitations']

export default async function invitations (app: FastifyInstance) {
  const { paths, administration } = app

  app.get(paths.adminInvitations, async (request, reply) =>
    reply.page('admin/invitations', {
      ...(await describe(app, request, typedIn(request, queryParameters(request)))),
      ...noticeOf(request)
    })
  )

  app.post(paths.adminInvitations, async (request, reply) => {
    const form = formParameters(request)
    const act = form.need('act')
    if (act !== 'withdraw' && !isProven(app, request)) {
      return proveFirst(app, request, reply, withQuery(paths.adminInvitations, { ...typedIn(request, form) }))
    }
    if (act === 'invite') return invite(app, request, reply, form)
    if (act === 'resend') return handOver(app, request, reply, await administration.resendInvitation(actorOf(request), form.need('id')), 'resend')
    if (act !== 'withdraw') throw invalidRequest({ key: 'admin-people.noSuchAct' })
    await administration.withdrawInvitation(actorOf(request), form.need('id'))
    return redirectDone(reply, paths.adminInvitations, 'withdraw')
  })
}

/** Of the form, or of the address that leads back to it after fresh proof. */
const typedIn = (request: FastifyRequest, form: Parameters): Page['typed'] => ({
  email: (form.get('email') ?? '').trim(),
  groups: form.get('groups') ?? '',
  language: languages.find((one) => one === form.get('language')) ?? request.words.language
})

async function invite (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, form: Parameters): Promise<FastifyReply> {
  const typed = typedIn(request, form)
  const { language } = typed
  const groups = typed.groups.split(/[,\n]/).map((group) => group.trim()).filter((group) => group !== '')
  try {
    const invited = await app.administration.invite(actorOf(request), { email: typed.email || undefined, groups, language })
    return await handOver(app, request, reply, invited, 'invite')
  } catch (error) {
    if (!(error instanceof OAuthError) || error.statusCode !== 400) throw error
    const page = { ...(await describe(app, request, typed)), error: request.words.say(error.said ?? error.message) }
    return reply.page('admin/invitations', page, 400)
  }
}

/** A link that was not mailed is shown once. */
async function handOver (
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  { invitation, link }: Invited,
  done: 'invite' | 'resend'
): Promise<FastifyReply> {
  if (link === undefined) return redirectDone(reply, app.paths.adminInvitations, done)
  const { text, day } = request.words
  return reply.page('admin/link', {
    ...frameOf(app, request, 'adminInvitations'),
    title: text('invitations.linkTitle'),
    text: text(invitation.email === undefined ? 'invitations.linkForAnyone' : 'invitations.linkFor', {
      email: invitation.email ?? '',
      end: day(invitation.expiresAt)
    }),
    link,
    actions: { back: app.paths.adminInvitations }
  })
}

async function describe (app: FastifyInstance, request: FastifyRequest, typed: Page['typed']): Promise<Page> {
  const { words } = request
  const list = await app.signIn.invitations.list()
  const inviters = new Map<string, string>()
  for (const by of new Set(list.map((one) => one.by))) {
    // Of an owner who is gone the id is left: it was not the operator.
    inviters.set(by, by === OPERATOR.by ? words.text('invitations.byOperator') : (await nameOfInviter(app, by)) ?? by)
  }
  return {
    ...frameOf(app, request, 'adminInvitations'),
    hint: words.text(app.mail.isOn ? 'invitations.mailedHint' : 'invitations.shownHint'),
    typed,
    languages: languages.map((code) => ({ code, name: nameOfLanguage(code) })),
    lists: [
      {
        heading: words.text('invitations.invitation'),
        none: words.text('invitations.none'),
        rows: list.map((one) => describeOne(words, one, app.now(), inviters.get(one.by)!)),
        action: app.paths.adminInvitations
      }
    ],
    actions: { act: app.paths.adminInvitations }
  }
}

/** In its own words. */
const nameOfLanguage = (language: Language): string => new Intl.DisplayNames(language, { type: 'language' }).of(language)!

const STATES = {
  open: 'invitations.open',
  used: 'invitations.used',
  withdrawn: 'invitations.withdrawn',
  expired: 'invitations.expired'
} as const satisfies Record<InvitationState, string>

function describeOne (words: Words, invitation: Invitation, now: number, by: string): Row {
  const { id, email, groups, createdAt, expiresAt } = invitation
  const { text, day } = words
  const state = stateOf(invitation, now)
  const acts = [
    ...(state === 'open' || state === 'expired' ? [{ label: text('invitations.resend'), fields: { act: 'resend', id } }] : []),
    ...(state === 'open' ? [{ label: text('invitations.withdraw'), fields: { act: 'withdraw', id } }] : [])
  ]
  return {
    title: email ?? text('invitations.forAnyone'),
    state: text(STATES[state]),
    facts: [
      { label: text('invitations.by'), value: by },
      { label: text('invitations.made'), value: day(createdAt) },
      { label: text('invitations.ends'), value: day(expiresAt) },
      { label: text('invitations.groups'), value: groups.length === 0 ? '–' : words.list(groups) }
    ],
    acts
  }
}
