// Registers the server in a Fastify application: it adds routes, and ends with it. Nothing else.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { buildApp, type AppOptions } from '../app.ts'
import { loadOptions, type PluginOptions } from '../config/options.ts'
import { createMount, type Mount } from './mount.ts'
import { findTaken } from './taken-routes.ts'

const TAKEN = 'mcp-oauth-server cannot be registered: this application has routes of its own at'

/** The HTTP servers of the applications that have one. */
const registered = new WeakSet<object>()

/**
 * @param appOptions for tests.
 * @throws Error with a sentence for the developer: an option is wrong (all of them in one message), a path is taken, or
 * this is not the place to register it. What was opened by then is closed.
 */
export const createPlugin = (appOptions: AppOptions = {}) => async function mcpOAuth (
  application: FastifyInstance,
  options: PluginOptions
): Promise<void> {
  checkPlace(application)
  // Those of Fastify's own `register` are not the server's.
  const { prefix: _, logLevel, logSerializers: __, ...settings } = options
  const config = await loadOptions(settings)
  const mount = createMount(config, application.log, typeof logLevel === 'string' ? { level: logLevel } : {})
  await buildApp(config, { ...appOptions, server: mount.app })
  try {
    const taken = findTaken(application, mount.routes, config.paths)
    if (taken.length > 0) throw new Error([TAKEN, ...taken].join('\n'))
    await mount.ready()
    addRoutes(application, mount)
  } catch (error) {
    await mount.app.close()
    throw error
  }
  registered.add(application.server)
  closeWith(application, mount)
}

function checkPlace (application: FastifyInstance): void {
  if (registered.has(application.server)) {
    throw new Error(
      'mcp-oauth-server is registered already: one application has one. Put the tools of both into one registration.'
    )
  }
  if (application.prefix !== '') {
    throw new Error(
      `mcp-oauth-server cannot have the prefix ${application.prefix}: its discovery documents must be at the root (RFC 8414 §3, RFC 9728 §3). Register it without one, and set mcpPath and basePath.`
    )
  }
}

/** What plugins that work on all routes of an application leave alone. */
const UNTOUCHED = { config: { cors: false, rateLimit: false }, schema: { hide: true } } as object

function addRoutes (application: FastifyInstance, { routes, handOver }: Mount): void {
  for (const [url, methods] of routes) {
    const method = [...methods].filter((name) => application.supportedMethods.includes(name))
    try {
      application.route({
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
const describeRequest = ({ method, raw, host, ip }: FastifyRequest) => ({
  method,
  url: raw.url!.split('?')[0],
  host,
  remoteAddress: ip
})

function closeWith (application: FastifyInstance, { app }: Mount): void {
  let closing: Promise<void> | undefined
  const close = () => (closing ??= app.close() as unknown as Promise<void>)
  // Not waited for: the application goes on closing its connections meanwhile.
  application.addHook('preClose', async () => {
    app.drain()
    close().catch(() => {})
  })
  application.addHook('onClose', close)
}
