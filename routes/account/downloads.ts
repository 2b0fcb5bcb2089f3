// What this server stores about a person, for them to download: their notes, and what happened with their account.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { createDownloads } from '../../plugins/limits/downloads.ts'
import { signInFirst } from './guard.ts'

export default async function downloads (app: FastifyInstance) {
  const { paths } = app
  const downloads = createDownloads(1)
  const stillMay = (request: FastifyRequest) => async () => (await app.signIn.sessions.user(request)) !== undefined

  app.get(paths.accountNotes, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountNotes)
    const notes = async () => Readable.from(notesJson(app.notes.exportOf(user.id)), { highWaterMark: 1 })
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('content-disposition', 'attachment; filename="notes.json"')
      .send(await downloads.begin(user.id, notes, stillMay(request)))
  })

  app.get(paths.accountActivity, async (request, reply) => {
    const user = await app.signIn.sessions.user(request)
    if (!user) return signInFirst(app, request, reply, paths.accountActivity)
    const events = async () => Readable.from(linesOf(app.audit.allOfUser(user.id)), { highWaterMark: 1 })
    return reply
      .header('content-type', 'application/jsonl; charset=utf-8')
      .header('content-disposition', 'attachment; filename="activity.jsonl"')
      .send(await downloads.begin(user.id, events, stillMay(request)))
  })
}

/** One event after the other: who does not read on holds a few of them. */
async function * linesOf (events: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify(event)}\n`
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
