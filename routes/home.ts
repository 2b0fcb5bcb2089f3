// GET /: a page for people (what this is, the URL to paste, what tools it has), JSON for programs, and for an MCP client
// that asks for a stream, what the MCP endpoint answers to that.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Rights } from '../plugins/access-rules/contract.ts'
import { rightsOfVisitor } from '../plugins/access-rules/principal.ts'
import { displayName } from '../plugins/accounts/user-record.ts'
import type { Words } from '../languages/index.ts'
import { sumOf } from '../plugins/library/left-out.ts'
import type { PageData } from '../plugins/pages/page-data.ts'
import * as server from '../version.ts'
import type { Config } from '../config/index.ts'
import { protocolVersions } from '../plugins/mcp/protocol-versions.ts'
import type { User } from '../plugins/sign-in/contract.ts'

type Options = Pick<Config, 'publicUrl' | 'mcpUrl' | 'metadataUrl' | 'signIn'>

export default async function home (app: FastifyInstance, options: Options) {
  const { paths } = app
  const { metadataUrl, signIn } = options
  const endpoint = app.mcp.pipeline(metadataUrl)

  app.get(paths.home, async (request, reply) => {
    reply.header('vary', 'Accept')
    const accept = request.headers.accept ?? ''
    // MCP 2025-11-25 "Streamable HTTP": a client asks for the stream of its session. Without a
    // session there is none.
    if (accept.includes('text/event-stream')) return endpoint.handle(request, reply)
    const user = signIn ? await app.signIn.sessions.user(request) : undefined
    // Counting the documents is work, also for a caller who is not signed in.
    if (signIn && !user) await app.limits.attempt('authorization', request)
    return accept.includes('text/html')
      ? sendPage(app, options, user, request, reply)
      : reply.header('cache-control', 'no-store').send(await describeServer(app, options, rightsOfVisitor(app, user)))
  })
}

/** How far the folder is read, for those from whom none of its files is hidden. */
const readingOf = (app: FastifyInstance, { documents }: Rights) => {
  const reading = documents.key === '' ? app.library.progress() : undefined
  return reading && { reading }
}

const describeServer = async (
  app: FastifyInstance,
  { publicUrl, mcpUrl, metadataUrl, signIn }: Options,
  rights: Rights
) => ({
  name: server.name,
  title: app.identity.name,
  version: server.version,
  status: 'ok',
  protocolVersions,
  documents: await app.library.count(rights.documents),
  ...readingOf(app, rights),
  endpoints: {
    mcp: mcpUrl,
    ...(signIn && {
      authorizationServer: publicUrl + app.paths.authorizationServer,
      protectedResource: metadataUrl
    }),
    health: publicUrl + app.paths.health
  }
})

/**
 * Characters: an upstream may have a thousand tools, and describe each in eight thousand.
 */
const MAX_DESCRIPTION = 200
/** Of existing servers together: a hundred may have a thousand each, and the page is made for everybody who comes. */
const MAX_SHOWN = 500

/**
 * What the visitor may use: tools of this server itself, and those of each existing one.
 */
function groupTools (app: FastifyInstance, rights: Rights) {
  const upstreamOf = new Map(app.upstreams.tools.map(({ name, upstream }) => [name, upstream]))
  const shown = app.mcp.toolsFor(rights).map(({ name, title = name, description = '' }) => ({ name, title, description }))
  const byUpstream = Map.groupBy(shown, ({ name }) => upstreamOf.get(name))
  let room = MAX_SHOWN
  const servers = app.upstreams.all.flatMap(({ settings: { name } }) => {
    const all = byUpstream.get(name)
    if (all === undefined) return []
    const tools = all.slice(0, room).map((tool) => ({ ...tool, description: shorten(tool.description) }))
    room -= tools.length
    return [{ name, count: all.length, tools }]
  })
  return { tools: byUpstream.get(undefined) ?? [], servers }
}

const shorten = (text: string): string => (text.length > MAX_DESCRIPTION ? `${text.slice(0, MAX_DESCRIPTION)}…` : text)

/**
 * How an app calls the server, and links that add it there: what they hold is from the
 * configuration alone.
 */
function installLinks (title: string, url: string): PageData['home']['install'] {
  const name = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 40) || 'my-server'
  const config = Buffer.from(JSON.stringify({ url })).toString('base64')
  return {
    name,
    cursor: `cursor://anysphere.cursor-deeplink/mcp/install?${new URLSearchParams({ name, config }).toString()}`,
    vscode: `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name, type: 'http', url }))}`
  }
}

const MAX_ENDINGS = 6

function describeLeftOut ({ library }: FastifyInstance, words: Words, { documents }: Rights): Pick<PageData['home'], 'leftOut'> {
  const counts = library.leftOutCounts(documents)
  const count = sumOf(counts)
  if (count === 0) return {}
  const most = counts.toSorted((one, other) => other.count - one.count).map(({ ending }) => ending)
  const endings = [...new Set(most)].filter((ending) => ending.startsWith('.')).slice(0, MAX_ENDINGS)
  return { leftOut: words.text('pages.leftOut', { count, endings: words.list(endings) || '…' }) }
}

async function sendPage (
  app: FastifyInstance,
  { mcpUrl, signIn }: Options,
  user: User | undefined,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  const { paths } = app
  const rights = rightsOfVisitor(app, user)
  return reply.page('home', {
    version: server.version,
    url: mcpUrl,
    signIn: signIn ? [...app.signIn.backends.values()].map(({ title }) => request.words.say(title)) : [],
    ...groupTools(app, rights),
    documents: await app.library.count(rights.documents),
    ...describeLeftOut(app, request.words, rights),
    ...readingOf(app, rights),
    install: installLinks(app.identity.name, mcpUrl),
    ...(user && { user: { name: displayName(user) } }),
    actions: {
      ...(signIn && !user && { login: paths.login }),
      ...(user && { account: paths.account, logout: paths.logout, token: app.signIn.forms.token(request) })
    }
  })
}
