// `app.upstreams`: the existing MCP servers behind this one. They are started in the background: none of them delays or
// stops the start of this server.
// Tested in test/plugins/upstreams/index.test.ts.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { UpstreamSettings } from '../../config/upstreams.ts'
import { isService } from '../oauth/services.ts'
import { isActive } from '../sign-in/contract.ts'
import { combine } from './catalogue/combine.ts'
import { readCatalogue } from './catalogue/read.ts'
import { createRemembered } from './catalogue/remembered.ts'
import type { Configured, ConfiguredDeps } from './configured.ts'
import type { UpstreamCall, UpstreamChange, Upstreams } from './contract.ts'
import { identityMeta } from './identity-meta.ts'
import type { ConfiguredUpstream } from './upstream.ts'

declare module 'fastify' {
  interface FastifyInstance {
    upstreams: Upstreams
  }
}

export interface UpstreamsOptions {
  /** As the file has them now. */
  upstreams: readonly UpstreamSettings[]
  /** PATH and HOME of this server. */
  processEnvironment: Readonly<Record<string, string>>
  /**
   * The names that this server's own tools and prompts have now, former names included.
   */
  ownNames(): { tools: readonly string[]; prompts: readonly string[] }
}

export default fp(
  async function upstreams (app: FastifyInstance, { upstreams, processEnvironment, ownNames }: UpstreamsOptions) {
    const { log, now } = app
    const changeListeners: Array<(change: UpstreamChange) => void> = []
    const callListeners: Array<(call: UpstreamCall) => void> = []
    const remembered = createRemembered(app.storage, now, log)
    const find = (name: string) => all.find(({ settings }) => settings.name === name)
    const deps: ConfiguredDeps = {
      find,
      identityMeta,
      isHere: async (userId) => isService(userId) || isActive(await app.signIn.lifecycle.find(userId), now()),
      readCatalogue,
      remembered,
      log,
      onChange: (change) => changed(change),
      onCall: (call) => callListeners.forEach((listener) => listener(call))
    }
    let configured: Promise<Configured> | undefined
    const load = () =>
      (configured ??= import('./configured.ts').then(({ createConfigured }) => createConfigured(app, processEnvironment, deps)))
    let all = upstreams.length === 0 ? [] : upstreams.map((await load()).of)
    let combined: ReturnType<typeof combine> | undefined
    const offered = () => (combined ??= combine(all.map(({ catalogue }) => catalogue), ownNames(), log))
    const changed = (change: UpstreamChange) => {
      combined = undefined
      changeListeners.forEach((listener) => listener(change))
    }

    app.decorate('upstreams', {
      get all () { return all },
      get tools () { return offered().tools },
      get prompts () { return offered().prompts },
      find,
      looked: async () => { await Promise.all(all.map(({ looked }) => looked)) },
      changes: () => remembered.changes(all.map(({ settings }) => settings.name)),
      onChange: (listener) => changeListeners.push(listener),
      onCall: (listener) => callListeners.push(listener),
      async replace (settings) {
        const { of } = await load()
        const before = all
        const next = settings.map((one) => before.find(isSame(one)) ?? of(one))
        const [gone, added] = [without(before, next), without(next, before)]
        await Promise.all(added.map((upstream) => upstream.start()))
        // What is no longer offered is gone at once, however long the end of what offered it takes.
        all = next
        for (const { settings: { name } } of [...gone, ...added]) changed({ kind: 'lists', upstream: name })
        await Promise.all(gone.map((upstream) => upstream.close()))
      }
    } satisfies Upstreams)

    app.addHook('onReady', async () => {
      await Promise.all(all.map((upstream) => upstream.start()))
    })
    app.addHook('onClose', async () => {
      await Promise.all(all.map((upstream) => upstream.close()))
      await (await configured)?.close()
    })
  },
  { name: 'upstreams', dependencies: ['event-bus', 'storage'] }
)

const without = (some: readonly ConfiguredUpstream[], others: readonly ConfiguredUpstream[]) =>
  some.filter((upstream) => !others.includes(upstream))

/** Whether an upstream can stay as it is. */
const isSame = (settings: UpstreamSettings) => (known: ConfiguredUpstream) =>
  JSON.stringify(known.settings) === JSON.stringify(settings)
