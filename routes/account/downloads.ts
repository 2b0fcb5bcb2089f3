// What this server keeps of a person, for themselves to take along: their notes, and what happened with their account.
import type { FastifyInstance } from 'fastify'
import { paths } from '../../paths.ts'
import { signInFirst } from './guard.ts'

const EVENTS_KEPT = 4_000

export default async function downloads (app: FastifyInstance) {
  app.get(paths.accountNotes, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountNotes)
    return reply
      .header('content-disposition', 'attachment; filename="notes.json"')
      .send(await app.notes.exportOf(user.id))
  })

  app.get(paths.accountActivity, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountActivity)
    const events = await app.audit.ofUser(user.id, EVENTS_KEPT)
    return reply
      .header('content-type', 'application/jsonl; charset=utf-8')
      .header('content-disposition', 'attachment; filename="activity.jsonl"')
      .send(
        events
          .reverse()
          .map((event) => `${JSON.stringify(event)}\n`)
          .join('')
      )
  })
}
