// The people of this server: searched by address, name or id.
// Tested in test/routes/admin/people.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Words } from '../../languages/index.ts'
import { displayName } from '../../plugins/accounts/user-record.ts'
import { boundedList, partOf } from '../../plugins/administration/bounded-list.ts'
import { queryParameters } from '../../plugins/oauth/parameters.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { isExpired, type User } from '../../plugins/sign-in/contract.ts'
import { describePages, withQuery } from './describe-list.ts'
import { frameOf } from './frame.ts'
import { noticeOf } from './notices.ts'

const MAX_QUERY_CHARACTERS = 200

export default async function people (app: FastifyInstance) {
  const { paths } = app
  app.get(paths.adminPeople, async (request, reply) => {
    const { words } = request
    const asked = queryParameters(request)
    const query = (asked.get('q') ?? '').slice(0, MAX_QUERY_CHARACTERS)
    const list = await boundedList(app.signIn.lifecycle.all(), matching(query))
    list.found.sort((a, b) => b.lastSignInAt - a.lastSignInAt)
    const { items, ...place } = partOf(list.found, asked.get('page'))
    return reply.page('admin/people', {
      ...frameOf(app, request, 'adminPeople'),
      ...noticeOf(request),
      ...describePages(words, list, place, (page) => withQuery(paths.adminPeople, { q: query, page })),
      query,
      people: items.map((user) => describeRow(app, words, user)),
      actions: { search: paths.adminPeople, invite: paths.adminInvitations }
    })
  })
}

/** Case and the form of accents do not count. */
const canonical = (text: string): string => text.normalize('NFKC').toLowerCase()

function matching (query: string): (user: User) => User | undefined {
  const wanted = canonical(query.trim())
  return (user) => {
    const { id, email = '', name = '', identities } = user
    const texts = [email, name, ...identities.flatMap((one) => [one.email ?? '', one.name ?? ''])]
    return id === query.trim() || texts.some((text) => canonical(text).includes(wanted)) ? user : undefined
  }
}

const describeRow = (app: FastifyInstance, words: Words, user: User): PageData['admin/people']['people'][number] => ({
  name: displayName(user),
  ...(user.name !== undefined && user.email !== undefined && { detail: user.email }),
  href: withQuery(app.paths.adminPerson, { person: user.id }),
  marks: marksOf(app, words, user),
  groups: app.userStore.describe(user).groups.join(', '),
  lastSignIn: words.day(user.lastSignInAt)
})

/** What is special about a person, in a word each. */
export function marksOf (app: FastifyInstance, words: Words, user: User): string[] {
  return [
    ...(app.administration.isOwner(user) ? [words.text('admin-people.markOwner')] : []),
    ...(user.locked ? [words.text('admin-people.markLocked')] : []),
    ...(user.endsAt !== undefined && !isExpired(user, app.now()) ? [words.text('admin-people.markTemporary')] : [])
  ]
}
