// GET /documents/…: where a citation leads: the text of one document, or of a note of one's own, for people who are signed
// in.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config/index.ts'
import { OAuthError } from '../errors.ts'
import type { Key, Words } from '../languages/index.ts'
import { withInteraction } from '../paths.ts'
import { rightsOfVisitor } from '../plugins/access-rules/principal.ts'
import type { DocumentRights } from '../plugins/access-rules/contract.ts'
import { networkOf } from '../plugins/client-address.ts'
import type { Library } from '../plugins/library/contract.ts'
import { renderMarkdown } from '../plugins/library/render.ts'
import { typeName } from '../plugins/library/type-names.ts'
import { withoutTitle } from '../plugins/library/without-title.ts'
import { createDownloads, type Downloads } from '../plugins/limits/downloads.ts'
import { sharerOf } from '../plugins/mcp/contract.ts'
import type { PageData } from '../plugins/pages/page-data.ts'
import { pageIntent } from '../plugins/sign-in/intent.ts'

/** Characters of one page. */
const MAX_SHOWN = 500_000
/** Characters; a longer text is shown as plain text. */
const MAX_RENDERED = 200_000
/** An assistant writes notes as it writes answers. */
const MARKDOWN = new Set(['text/markdown', 'note'])
const PDF = 'application/pdf'
/** Of one person at once: a reader that opens a file beside another. */
const MAX_DOWNLOADS_EACH = 2

interface Asked {
  Params: { '*': string }
  Querystring: { part?: string; file?: string }
}

export default async function documents (app: FastifyInstance, { signIn }: Pick<Config, 'signIn'>) {
  const { paths } = app
  const downloads = createDownloads(MAX_DOWNLOADS_EACH)
  app.get<Asked>(
    `${paths.documents}/*`,
    async (request, reply) => {
      const user = signIn ? await app.signIn.sessions.user(request) : undefined
      if (signIn && !user) {
        return reply.redirect(
          withInteraction(
            paths.login,
            await app.signIn.interactions.begin(request, reply, pageIntent(request.raw.url!.split('?')[0]!))
          ),
          303
        )
      }
      const { documents: rights } = rightsOfVisitor(app, user)
      const caller = user?.id ?? sharerOf({ access: null, address: networkOf(request) })
      if (request.query.file !== undefined) {
        const open = () => openPdf(app, request.params['*'], rights)
        const stillMay = async () => mayStillRead(app, request, signIn)
        return sendFile({ open, stillMay, id: request.params['*'], who: caller }, reply, downloads)
      }
      const part = readPart(request.query.part)
      const found = await app.library.of(user ?? null, rights).read(request.params['*'], { part, maxCharacters: MAX_SHOWN })
      if (!found) throw gone()
      const { id, title, text, metadata, next } = found
      const isNote = metadata?.['type'] === 'note'
      const actions = {
        home: paths.home,
        ...(isNote && user && { notes: paths.accountNoteList }),
        ...(metadata?.['type'] === PDF && { open: `${request.url.split('?')[0]}?file` }),
        ...(next !== undefined && { next: `${request.url.split('?')[0]}?part=${next}` })
      }
      const isMarkdown = MARKDOWN.has(metadata?.['type'] ?? '') && part === 1 && next === undefined && text.length <= MAX_RENDERED
      const html = isMarkdown ? await renderMarkdown(app.workers, { source: text, title }, caller) : undefined
      const shown = part === 1 ? withoutTitle(text, title) : text
      return reply.page('document', { id, title, text: shown, html, isNote, facts: factsOf(request.words, metadata), actions })
    }
  )
}

const gone = () => new OAuthError('not_found', 404, { key: 'pages.gone' })

const openPdf = async (app: FastifyInstance, id: string, rights: DocumentRights): ReturnType<Library['file']> =>
  id.toLowerCase().endsWith('.pdf') ? app.library.file(id, rights) : undefined

interface Download {
  id: string
  who: string
  open(): ReturnType<Library['file']>
  stillMay(): Promise<boolean>
}

/** Also by rules that change on the way. */
async function mayStillRead (app: FastifyInstance, request: FastifyRequest<Asked>, signIn: boolean): Promise<boolean> {
  const user = signIn ? await app.signIn.sessions.user(request) : undefined
  return (user !== undefined || !signIn) && rightsOfVisitor(app, user).documents.may(request.params['*'])
}

/**
 * Sends a PDF as it is in the folder. No other file is sent this way: what a browser would run, such as HTML, stays text.
 * @throws OAuthError for a document that is not a PDF, or does not exist, and for a person whose downloads are on their
 * way still.
 */
async function sendFile (
  { open, stillMay, id, who }: Download,
  reply: FastifyReply,
  downloads: Downloads
): Promise<FastifyReply> {
  let length = 0
  const stream = await downloads.begin(who, async () => {
    const file = await open()
    length = file?.bytes ?? 0
    return file?.stream
  }, stillMay)
  if (!stream) throw gone()
  return reply
    .headers({
      'content-type': PDF,
      'content-length': length,
      'content-disposition': `inline; filename*=UTF-8''${encodeURIComponent(id.split('/').at(-1)!.toWellFormed()).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)}`,
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin'
    })
    .send(stream)
}

const LABELS: Readonly<Record<string, Key>> = {
  type: 'pages.format',
  modified: 'pages.changed',
  created: 'pages.created',
  version: 'pages.revision'
}
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z$/

/**
 * What is known of a document, in words; a source may add anything, which is shown as it is.
 */
const factsOf = (words: Words, metadata: Readonly<Record<string, string>> = {}): PageData['document']['facts'] =>
  Object.entries(metadata).map(([name, value]) => {
    const key = Object.hasOwn(LABELS, name) ? LABELS[name] : undefined
    const label = key === undefined ? name : words.text(key)
    const time = ISO_TIME.test(value) ? Date.parse(value) : NaN
    if (!Number.isNaN(time)) return { name: label, value: words.minute(value), time: value }
    return { name: label, value: name === 'type' ? words.say(typeName(value)) : value }
  })

/** A part that does not exist is answered like a document that does not exist. */
const readPart = (part: unknown): number =>
  part === undefined ? 1 : /^[1-9]\d{0,5}$/.test(String(part)) ? Number(part) : 0
