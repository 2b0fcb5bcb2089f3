// Registers the server in a Fastify application: it adds routes, and ends with it. Nothing else.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { buildApp, type AppOptions } from '../app.ts'
import { loadOptions, type PluginOptions } from '../config/options.ts'
import { createMount, type Mount } from './mount.ts'
import { findTaken } from './taken-routes.ts'

/** The HTTP servers of the applications that have one. */
const registered = new WeakSet<object>()

/**
 * @param appOptions for tests.
 * @throws Error with a sentence for the developer: an option is wrong (all of them in one message), a path is taken, or
 * this is not the place to register it. What was opened by then is closed.
 */
export const createPlugin = (appOptions: AppOptions = {}) => async function mcpOAuth (
  host: FastifyInstance,
  options: PluginOptions
): Promise<void> {
  checkPlace(host)
  // Those of Fastify's own `register` are not the server's.
  const { prefix: _, logLevel, logSerializers: __, ...settings } = options
  const config = await loadOptions(settings)
  const mount = createMount(config, host.log, typeof logLevel === 'string' ? { level: logLevel } : {})
  await buildApp(config, { ...appOptions, server: mount.app })
  try {
    const taken = findTaken(host, mount.routes, config.paths)
    if (taken.length > 0) throw new Error(['mcp-oauth-server cannot be registered: this application has routes of its own at', ...taken].join('\n'))
    await mount.ready()
    addRoutes(host, mount)
  } catch (error) {
    await mount.app.close()
    throw error
  }
  registered.add(host.server)
  closeWith(host, mount)
}

function checkPlace (host: FastifyInstance): void {
  if (registered.has(host.server)) {
    throw new Error('mcp-oauth-server is registered already: one application has one. Put the tools of both into one registration.')
  }
  if (host.prefix !== '') {
    throw new Error(
      `mcp-oauth-server cannot have the prefix ${host.prefix}: its discovery documents must be at the root (RFC 8414 §3, RFC 9728 §3). Register it without one, and set mcpPath and basePath.`
    )
  }
}

/** What plugins that work on all routes of an application leave alone. */
const UNTOUCHED = { config: { cors: false, rateLimit: false }, schema: { hide: true } } as object

function addRoutes (host: FastifyInstance, { routes, handOver }: Mount): void {
  for (const [url, methods] of routes) {
    const method = [...methods].filter((name) => host.supportedMethods.includes(name))
    try {
      host.route({
        ...UNTOUCHED,
        url,
        method,
        exposeHeadRoute: false,
        logSerializers: { req: describeRequest },
        onRequest: handOver,
        handler: handOver
      })
    } catch (error) {
      // `/mcp/` is `/mcp` already where the application ignores a slash at the end.
      if (!url.endsWith('/') || (error as { code?: string }).code !== 'FST_ERR_DUPLICATED_ROUTE') throw error
    }
  }
}

/** For the application's own lines: URLs here contain codes, states and handles. */
const describeRequest = ({ method, raw, host, ip }: FastifyRequest) => ({ method, url: raw.url!.split('?')[0], host, remoteAddress: ip })

function closeWith (host: FastifyInstance, { app }: Mount): void {
  let closing: Promise<void> | undefined
  const close = () => (closing ??= app.close() as unknown as Promise<void>)
  // Not waited for: the application goes on closing its connections meanwhile.
  host.addHook('preClose', async () => {
    app.drain()
    close().catch(() => {})
  })
  host.addHook('onClose', close)
}
