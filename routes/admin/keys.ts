// Access keys of everyone, without the keys themselves: who has which, what was used last, and the button that revokes it.
// Tested in test/routes/admin/apps.test.ts.
import type { FastifyInstance } from 'fastify'
import { displayName } from '../../plugins/accounts/user-record.ts'
import { boundedList, partOf } from '../../plugins/administration/bounded-list.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import { describePages, withQuery } from './describe-list.ts'
import { describeKey } from './describe-person.ts'
import { frameOf } from './frame.ts'
import { actorOf } from './guard.ts'
import { noticeOf, redirectDone } from './notices.ts'

export default async function keys (app: FastifyInstance) {
  const { paths, signIn } = app

  app.get(paths.adminKeys, async (request, reply) => {
    const { words } = request
    const list = await boundedList(app.accessKeys.all(), (key) => key)
    list.found.sort((a, b) => (b.lastUse?.at ?? b.createdAt) - (a.lastUse?.at ?? a.createdAt))
    const { items, ...place } = partOf(list.found, queryParameters(request).get('page'))
    const shown = items.map(async (key) => {
      const user = await signIn.lifecycle.find(key.userId)
      const { facts, ...described } = describeKey(words, key, {})
      const person = { label: words.text('admin-people.person'), value: user ? displayName(user) : key.userId }
      return { ...described, facts: [person, ...facts], href: withQuery(paths.adminPerson, { person: key.userId }) }
    })
    return reply.page('admin/keys', {
      ...frameOf(app, request, 'adminKeys'),
      ...noticeOf(request),
      ...describePages(words, list, place, (page) => withQuery(paths.adminKeys, { page })),
      lists: [
        {
          heading: words.text('admin-people.key'),
          none: words.text('admin-people.noKeys'),
          rows: await Promise.all(shown),
          action: paths.adminKeys
        }
      ]
    })
  })

  app.post(paths.adminKeys, async (request, reply) => {
    await app.administration.revokeKey(actorOf(request), formParameters(request).need('key'))
    return redirectDone(reply, paths.adminKeys, 'revoke-key')
  })
}
