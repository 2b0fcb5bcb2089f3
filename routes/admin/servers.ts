// The existing MCP servers behind this one: how each is, what it offers, what has changed in what it says, and the way to
// start one again.
import type { FastifyInstance } from 'fastify'
import type { Words } from '../../languages/index.ts'
import { formParameters, queryParameters } from '../../plugins/oauth/parameters.ts'
import type { PageData } from '../../plugins/pages/page-data.ts'
import type { Upstream, UpstreamState } from '../../plugins/upstreams/contract.ts'
import { describeTarget } from '../../plugins/upstreams/describe.ts'
import { askForRestart } from '../../plugins/upstreams/restarts.ts'
import { withoutSecrets } from '../../plugins/upstreams/without-secrets.ts'
import { describeChange } from './describe-change.ts'
import { frameOf } from './frame.ts'
import { pageOf } from './pager.ts'

type Shown = PageData['admin/servers']['servers'][number]

/** Changes of a page; tools and findings of a server that are shown. */
const ROWS = 20
const MAX_TOOLS = 200
const MAX_FINDINGS = 20

const STATES: Readonly<Record<UpstreamState, Pick<Shown['state'], 'mark'> & { key: 'admin-server.stateIdle' | 'admin-server.stateReady' | 'admin-server.stateFailing' }>> = {
  idle: { mark: 'off', key: 'admin-server.stateIdle' },
  ready: { mark: 'good', key: 'admin-server.stateReady' },
  failing: { mark: 'bad', key: 'admin-server.stateFailing' }
}

export default async function servers (app: FastifyInstance) {
  const path = app.paths.adminUpstreams

  app.get(path, async (request, reply) => {
    const { words } = request
    const changes = (await app.upstreams.changes()).toReversed()
    const { items, pager } = pageOf(request, path, changes, ROWS)
    const restarted = app.upstreams.find(queryParameters(request).get('restarted') ?? '')?.settings.name
    return reply.page('admin/servers', {
      ...frameOf(app, request, 'adminUpstreams'),
      ...(restarted !== undefined && { notice: words.text('admin-server.restarted', { name: restarted }) }),
      servers: app.upstreams.all.map((upstream) => describeServer(words, upstream)),
      changes: items.map((change) => describeChange(words, change, app.upstreams.find(change.upstream)?.settings.secrets ?? [])),
      pager,
      actions: { restart: path }
    })
  })

  app.post(path, async (request, reply) => {
    const name = formParameters(request).need('server')
    // It may be gone from mcp.json since the page was made.
    if (!app.upstreams.find(name)) return reply.redirect(path, 303)
    await askForRestart(app, name, request.owner!.user.id)
    return reply.redirect(`${path}?${new URLSearchParams({ restarted: name })}`, 303)
  })
}

function describeServer (words: Words, upstream: Upstream): Shown {
  const { settings, catalogue } = upstream
  const status = upstream.status()
  const { mark, key } = STATES[status.state]
  const safe = (text: string) => withoutSecrets(text, settings.secrets)
  return {
    name: settings.name,
    target: describeTarget(settings),
    state: { text: words.text(key), mark },
    lines: linesOf(words, status, safe),
    findings: status.findings.slice(-MAX_FINDINGS).map(safe),
    offers: words.text('admin-server.offers', { tools: catalogue.tools.length, prompts: catalogue.prompts.length }),
    tools: catalogue.tools.slice(0, MAX_TOOLS).map(({ name, ownName, scopes }) => ({ name, ownName: safe(ownName), scopes: scopes.join(' ') }))
  }
}

function linesOf (words: Words, { state, since, fault, connections, protocolVersion }: ReturnType<Upstream['status']>, safe: (text: string) => string): string[] {
  const at = since === undefined ? undefined : words.minute(since)
  if (state === 'idle') return [words.text('admin-server.idleLine')]
  if (state === 'ready') {
    return [
      ...(at === undefined ? [] : [words.text('admin-server.sinceReady', { at })]),
      words.text('admin-server.connectionsLine', { count: connections }),
      ...(protocolVersion === undefined ? [] : [words.text('admin-server.protocolLine', { version: protocolVersion })])
    ]
  }
  return [
    ...(at === undefined ? [] : [words.text('admin-server.sinceFailing', { at })]),
    ...(fault === undefined ? [] : [words.text('admin-server.faultLine', { fault: safe(fault) })]),
    words.text('admin-server.failingHelp')
  ]
}
