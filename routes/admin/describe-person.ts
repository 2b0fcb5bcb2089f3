// What the page of a person says of them.
// Tested in test/routes/admin/person.test.ts.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Words } from '../../languages/index.ts'
import type { AccessKey } from '../../plugins/access-keys/contract.ts'
import { membershipsOf } from '../../plugins/accounts/groups.ts'
import { mapInTurns } from '../../plugins/in-turns.ts'
import { describeIdentity } from '../../plugins/accounts/removed-methods.ts'
import { displayName } from '../../plugins/accounts/user-record.ts'
import { toDisplayName } from '../../plugins/display-name.ts'
import type { Grant } from '../../plugins/oauth/grants/contract.ts'
import type { AdminFrame } from '../../plugins/pages/admin-page-data.ts'
import type { Row } from '../../plugins/pages/admin-people-page-data.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { withQuery } from './describe-list.ts'
import { marksOf } from './people.ts'
import type { Asked } from './person-asks.ts'

type Page = Omit<PageData['admin/person'], keyof AdminFrame | 'typed'>

/** For which calls are counted. */
const KEPT_SECONDS = 30 * 86_400

export async function describePerson (app: FastifyInstance, request: FastifyRequest, user: User): Promise<Page> {
  const { words } = request
  const { paths } = app
  const [grants, keys, factors] = await Promise.all([
    app.grants.listByUser(user.id),
    app.accessKeys.listByUser(user.id),
    app.secondFactors.list(user.id)
  ])
  return {
    id: user.id,
    name: displayName(user),
    marks: marksOf(app, words, user),
    facts: factsOf(words, user),
    groups: membershipsOf(user, app.signIn.backends).map(({ group, backend }) => ({
      name: group,
      ...(backend !== undefined && { by: words.text('admin-people.groupBy', { backend }) })
    })),
    methods: user.identities.map((identity) => describeIdentity(words, identity, app.signIn.backends)),
    factors: factors.map(({ name }) => name),
    lists: [
      {
        heading: words.text('admin-people.app'),
        none: words.text('admin-people.noApps'),
        rows: await mapInTurns(grants, (grant) => describeGrant(app, words, grant, { person: user.id })),
        action: paths.adminPerson
      },
      {
        heading: words.text('admin-people.key'),
        none: words.text('admin-people.noKeys'),
        rows: keys.map((key) => describeKey(words, key, { person: user.id })),
        action: paths.adminPerson
      }
    ],
    isLocked: user.locked === true,
    asks: asksOf(app, words, user, request.owner!.user.id === user.id, factors.length > 0),
    actions: { act: paths.adminPerson }
  }
}

function factsOf (words: Words, { id, email, emailVerified, createdAt, lastSignInAt, endsAt }: User): Page['facts'] {
  const { text } = words
  return [
    { label: text('admin-people.address'), value: email === undefined ? '–' : text(emailVerified ? 'admin-people.verified' : 'admin-people.unverified', { email }) },
    { label: text('admin-people.since'), value: words.day(createdAt) },
    { label: text('admin-people.lastSignIn'), value: words.minute(lastSignInAt) },
    ...(endsAt === undefined ? [] : [{ label: text('admin-people.ends'), value: words.minute(endsAt) }]),
    { label: text('admin-people.id'), value: id }
  ]
}

/** One app of one person. @param posted beside what is done with it. */
export async function describeGrant (
  app: FastifyInstance,
  words: Words,
  grant: Grant,
  posted: Record<string, string>
): Promise<Row> {
  const { text } = words
  const { lastCallDay, calls } = await app.usage.ofGrant(grant.id)
  const unused = app.now() - grant.createdAt < KEPT_SECONDS ? 'admin-people.never' : 'admin-people.notLately'
  return {
    title: toDisplayName(grant.clientName, text('admin-people.nameless')),
    href: withQuery(app.paths.adminApps, { app: grant.clientId }),
    facts: [
      { label: text('admin-people.connected'), value: words.day(grant.createdAt) },
      { label: text('admin-people.lastUsed'), value: lastCallDay === undefined ? text(unused) : words.day(lastCallDay) },
      { label: text('admin-people.calls'), value: words.number(calls) }
    ],
    acts: [{ label: text('admin-people.endApp'), fields: { ...posted, act: 'end-app', app: grant.id } }]
  }
}

/** See {@link describeGrant}. */
export const describeKey = (
  words: Words,
  { id, name, scopes, createdAt, endsAt, lastUse }: AccessKey,
  posted: Record<string, string>
): Row => ({
  title: name,
  detail: `mcp_key_${id}… ${scopes.join(' ')}`,
  facts: [
    { label: words.text('admin-people.made'), value: words.day(createdAt) },
    { label: words.text('admin-people.ends'), value: words.day(endsAt) },
    { label: words.text('admin-people.lastUsed'), value: lastUse === undefined ? words.text('admin-people.never') : words.minute(lastUse.at) }
  ],
  acts: [{ label: words.text('admin-people.revokeKey'), fields: { ...posted, act: 'revoke-key', key: id } }]
})

/** What can be done with them, of what a page asks first. */
function asksOf (app: FastifyInstance, words: Words, user: User, isYou: boolean, hasFactors: boolean): Page['asks'] {
  const { administration, paths } = app
  const hasPassword = user.identities.some(({ backend }) => app.signIn.backends.get(backend)?.accounts !== undefined)
  const isOwner = administration.isOwner(user)
  const asks: Array<[isOffered: boolean, act: Asked, danger: boolean]> = [
    [hasPassword && !user.locked, 'reset', false],
    [hasFactors, 'factors', true],
    [!isOwner && !user.locked && user.endsAt === undefined, 'owner', false],
    [isOwner && !administration.isNamedOwner(user), 'no-owner', true],
    [!user.locked && !isYou, 'lock', true],
    [!isYou, 'delete', true]
  ]
  return asks
    .filter(([isOffered]) => isOffered)
    .map(([, act, danger]) => ({ ...WORDS_OF[act](words), href: withQuery(paths.adminPerson, { person: user.id, ask: act }), danger }))
}

const WORDS_OF: Readonly<Record<Asked, (words: Words) => { label: string; hint: string }>> = {
  reset: ({ text }) => ({ label: text('admin-people.reset'), hint: text('admin-people.resetHint') }),
  factors: ({ text }) => ({ label: text('admin-people.factors'), hint: text('admin-people.factorsHint') }),
  owner: ({ text }) => ({ label: text('admin-people.owner'), hint: text('admin-people.ownerHint') }),
  'no-owner': ({ text }) => ({ label: text('admin-people.noOwner'), hint: text('admin-people.noOwnerHint') }),
  lock: ({ text }) => ({ label: text('admin-people.lock'), hint: text('admin-people.lockHint') }),
  delete: ({ text }) => ({ label: text('admin-people.delete'), hint: text('admin-people.deleteHint') })
}
