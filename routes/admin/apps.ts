// The apps that people have connected: each once, with who has it, and the buttons that end it for one or for all.
// Tested in test/routes/admin/apps.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import type { Words } from '../../languages/index.ts'
import { displayName } from '../../plugins/accounts/user-record.ts'
import { mapInTurns } from '../../plugins/in-turns.ts'
import { boundedList, partOf } from '../../plugins/administration/bounded-list.ts'
import { toDisplayName } from '../../plugins/display-name.ts'
import { describeRedirectUri } from '../../plugins/oauth/clients/redirect-uris.ts'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import type { Row } from '../../plugins/pages/admin-people-page-data.ts'
import { describePages, withQuery } from './describe-list.ts'
import { describeGrant } from './describe-person.ts'
import { frameOf } from './frame.ts'
import { actorOf, isProven, proveFirst } from './guard.ts'
import { noticeOf, redirectDone } from './notices.ts'

export default async function apps (app: FastifyInstance) {
  const { paths, administration } = app

  app.get(paths.adminApps, async (request, reply) => {
    const query = queryParameters(request)
    const clientId = query.get('app')
    if (clientId === undefined) return listApps(app, request, reply)
    return query.get('ask') === 'end-all' ? askAll(app, request, reply, clientId) : showApp(app, request, reply, clientId)
  })

  app.post(paths.adminApps, async (request, reply) => {
    const form = formParameters(request)
    const clientId = form.need('client')
    const here = { app: clientId }
    if (form.get('act') === 'end-app') {
      await administration.endGrant(actorOf(request), form.need('person'), form.need('app'))
      return redirectDone(reply, paths.adminApps, 'end-app', here)
    }
    if (form.get('act') !== 'end-all') throw invalidRequest({ key: 'admin-people.noSuchAct' })
    if (!isProven(app, request)) return proveFirst(app, request, reply, withQuery(paths.adminApps, { ...here, ask: 'end-all' }))
    await administration.endApp(actorOf(request), clientId)
    return redirectDone(reply, paths.adminApps, 'end-all')
  })
}

/** When the app was last at the token endpoint. */
const lastUse = ({ refresh, createdAt }: Grant): number => refresh?.rotatedAt ?? createdAt

const hostOf = ({ code, clientId }: Grant): string => (code ? describeRedirectUri(code.redirectUri).host : clientId)

async function listApps (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { words } = request
  const { paths } = app
  const grants = await boundedList(app.grants.all(), (grant) => ({ ...grant, at: lastUse(grant) }))
  const found = [...Map.groupBy(grants.found, ({ clientId }) => clientId).values()]
    .map((of) => of.sort((a, b) => b.at - a.at))
    .sort(([a], [b]) => b!.at - a!.at)
  const { items, ...place } = partOf(found, queryParameters(request).get('page'))
  return reply.page('admin/apps', {
    ...frameOf(app, request, 'adminApps'),
    ...noticeOf(request),
    ...describePages(words, { found, isCut: grants.isCut }, place, (page) => withQuery(paths.adminApps, { page })),
    lists: [
      {
        heading: words.text('admin-people.app'),
        none: words.text('admin-people.noApps'),
        rows: items.map((of) => describeApp(words, of[0]!, new Set(of.map(({ user }) => user.id)).size, paths.adminApps)),
        action: paths.adminApps
      }
    ]
  })
}

const describeApp = (words: Words, newest: Grant, people: number, path: string): Row => ({
  title: nameOf(words, newest),
  href: withQuery(path, { app: newest.clientId }),
  detail: hostOf(newest),
  facts: [
    { label: words.text('admin.people'), value: words.number(people) },
    { label: words.text('admin-people.lastToken'), value: words.day(lastUse(newest)) }
  ],
  acts: []
})

const nameOf = (words: Words, { clientName }: Grant): string => toDisplayName(clientName, words.text('admin-people.nameless'))

async function showApp (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, clientId: string): Promise<FastifyReply> {
  const { words } = request
  const { paths, signIn } = app
  const grants = await boundedList(app.grants.all(), (grant) => (grant.clientId === clientId ? grant : undefined))
  const [newest] = grants.found.sort((a, b) => lastUse(b) - lastUse(a))
  if (!newest) throw invalidRequest({ key: 'admin-people.appGone' })
  const { items, ...place } = partOf(grants.found, queryParameters(request).get('page'))
  const people = await mapInTurns(items, async (grant) => {
    const user = await signIn.lifecycle.find(grant.user.id)
    return {
      ...(await describeGrant(app, words, grant, { client: clientId, person: grant.user.id })),
      title: user ? displayName(user) : grant.user.id,
      href: withQuery(paths.adminPerson, { person: grant.user.id })
    }
  })
  return reply.page('admin/app', {
    ...frameOf(app, request, 'adminApps'),
    ...noticeOf(request),
    ...describePages(words, grants, place, (page) => withQuery(paths.adminApps, { app: clientId, page })),
    name: nameOf(words, newest),
    facts: [
      { label: words.text('admin-people.returnsTo'), value: hostOf(newest) },
      { label: words.text('admin-people.clientId'), value: clientId }
    ],
    lists: [
      {
        heading: words.text('admin-people.person'),
        none: words.text('admin-people.nobody'),
        rows: people,
        action: paths.adminApps
      }
    ],
    ask: withQuery(paths.adminApps, { app: clientId, ask: 'end-all' })
  })
}

async function askAll (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, clientId: string): Promise<FastifyReply> {
  const { adminApps } = app.paths
  if (!isProven(app, request)) return proveFirst(app, request, reply, withQuery(adminApps, { app: clientId, ask: 'end-all' }))
  const { found } = await boundedList(app.grants.all(), (grant) => (grant.clientId === clientId ? grant : undefined))
  if (found.length === 0) throw invalidRequest({ key: 'admin-people.appGone' })
  const { text } = request.words
  return reply.page('admin/confirm', {
    ...frameOf(app, request, 'adminApps'),
    title: text('admin-people.askEndAll', { app: nameOf(request.words, found[0]!) }),
    text: text('admin-people.askEndAllText', { count: new Set(found.map(({ user }) => user.id)).size }),
    fields: { client: clientId, act: 'end-all' },
    button: text('admin-people.endAll'),
    danger: true,
    actions: { act: adminApps, back: withQuery(adminApps, { app: clientId }) }
  })
}
