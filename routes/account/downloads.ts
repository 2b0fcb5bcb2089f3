// What this server stores about a person, for them to download: their notes, and what happened with their account.
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { tooManyRequests } from '../../errors.ts'
import { signInFirst } from './guard.ts'

const MAX_EVENTS = 4_000
const RETRY_SECONDS = 5

export default async function downloads (app: FastifyInstance) {
  const { paths } = app
  /** People whose notes are on their way: one download each. */
  const downloading = new Set<string>()

  app.get(paths.accountNotes, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountNotes)
    if (downloading.has(user.id)) throw tooManyRequests(RETRY_SECONDS)
    downloading.add(user.id)
    const stream = Readable.from(notesJson(app.notes.exportOf(user.id)), { highWaterMark: 1 })
    stream.once('close', () => downloading.delete(user.id))
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('content-disposition', 'attachment; filename="notes.json"')
      .send(stream)
  })

  app.get(paths.accountActivity, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountActivity)
    const events = await app.audit.ofUser(user.id, MAX_EVENTS)
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

/** One note after the other, as `{ "notes": [...] }`: the whole is never in memory. */
async function * notesJson (notes: AsyncIterable<object>): AsyncGenerator<string> {
  let separator = '{"notes":['
  for await (const note of notes) {
    yield separator + JSON.stringify(note)
    separator = ','
  }
  yield separator === ',' ? ']}' : `${separator}]}`
}
