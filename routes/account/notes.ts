// The notes that apps saved for a person: a few on the account page, and a page that lists them all, the newest change first.
import type { FastifyInstance } from 'fastify'
import type { ToolNote } from '../../authoring/tool.ts'
import type { Words } from '../../languages/index.ts'
import { queryParameters } from '../../plugins/oauth/parameters.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import { minuteOf } from '../../plugins/pages/time.ts'
import type { User } from '../../plugins/sign-in/contract.ts'
import { signInFirst } from './guard.ts'

const ON_ACCOUNT = 3
const ON_A_PAGE = 50

export default async function noteList (app: FastifyInstance) {
  const { paths } = app
  app.get(paths.accountNoteList, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountNoteList)
    const cursor = queryParameters(request).get('after')
    const { notes, next } = await app.notes.of(user).list({ limit: ON_A_PAGE, cursor })
    return reply.page('notes', {
      notes: notes.map((note) => describeNote(app, request.words, note)),
      actions: {
        account: paths.account,
        download: paths.accountNotes,
        ...(cursor !== undefined && { newest: paths.accountNoteList }),
        ...(next !== undefined && { older: `${paths.accountNoteList}?after=${encodeURIComponent(next)}` })
      }
    })
  })
}

/** How many notes the person has, and the newest of them. */
export async function describeNotes (app: FastifyInstance, words: Words, user: User): Promise<PageData['account']['notes']> {
  const own = app.notes.of(user)
  const [count, { notes }] = await Promise.all([own.count(), own.list({ limit: ON_ACCOUNT })])
  return { count, newest: notes.map((note) => describeNote(app, words, note)) }
}

const describeNote = ({ paths }: FastifyInstance, words: Words, { id, title, modified }: ToolNote): PageData['notes']['notes'][number] => ({
  title,
  href: `${paths.documents}/${encodeURIComponent(id)}`,
  changed: minuteOf(words, modified)
})
