// buildApp: the table of contents. The only file that names every plugin and every route.
import type { Writable } from 'node:stream'
import cookie from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import { monotonicClock, steadyClock, type Clock } from './clock.ts'
import type { Config } from './config/index.ts'
import { documentUrl, registerCore } from './core.ts'
import type { Offer } from './authoring/loader/load.ts'
import callerTurns from './plugins/caller-turns.ts'
import cors from './plugins/cors.ts'
import eventBus from './plugins/event-bus.ts'
import hotReload from './plugins/hot-reload.ts'
import { createHttpServer } from './plugins/http-server.ts'
import identity from './plugins/identity.ts'
import languages from './plugins/languages.ts'
import library from './plugins/library/index.ts'
import mcp from './plugins/mcp/index.ts'
import parameters from './plugins/oauth/parameters.ts'
import load, { type LoadOptions } from './plugins/observability/load-shedding.ts'
import metrics from './plugins/observability/metrics.ts'
import stories from './plugins/observability/stories/index.ts'
import tracing from './plugins/observability/tracing.ts'
import origin from './plugins/origin.ts'
import { sendJsonError } from './plugins/pages/error-handlers.ts'
import pages from './plugins/pages/index.ts'
import pageZone from './plugins/pages/zone.ts'
import resourceChanges from './plugins/resource-changes.ts'
import { scoped } from './plugins/scoped.ts'
import { READ_COOKIES } from './plugins/sign-in/cookies.ts'
import tools from './plugins/tools.ts'
import followUpstreams from './plugins/upstreams/follow.ts'
import upstreams from './plugins/upstreams/index.ts'
import followRestarts from './plugins/upstreams/restarts.ts'
import { documentUri } from './resources/documents.ts'
import accountRoutes from './routes/account/index.ts'
import adminRoutes from './routes/admin/index.ts'
import assetRoutes, { iconPath } from './routes/assets.ts'
import consentRoutes from './routes/authorize/consent.ts'
import authorizeRoute from './routes/authorize/index.ts'
import confirmEmailRoutes from './routes/confirm-email.ts'
import discoveryRoutes from './routes/discovery.ts'
import documentRoutes from './routes/documents.ts'
import healthRoute from './routes/health.ts'
import homeRoute from './routes/home.ts'
import introspectRoute from './routes/introspect.ts'
import loginStepRoutes from './routes/login-steps.ts'
import loginFactorRoutes from './routes/login-factor.ts'
import loginRoutes from './routes/login/index.ts'
import loginPasskeyRoute from './routes/login/passkey.ts'
import mcpRoutes from './routes/mcp.ts'
import metricsRoute from './routes/metrics.ts'
import passwordRoutes from './routes/password.ts'
import registerRoute from './routes/register.ts'
import resetPasswordRoutes from './routes/reset-password.ts'
import revokeRoute from './routes/revoke.ts'
import signupRoutes from './routes/signup.ts'
import tokenRoute from './routes/token/index.ts'
import userinfoRoute from './routes/userinfo.ts'

export interface AppOptions extends LoadOptions {
  /** What receives the requests. An HTTP server of its own if absent. */
  server?: FastifyInstance
  /** The clock, for tests where time matters. */
  now?: Clock
  /** Seconds that no setting of that clock moves. If absent, the clock of a test is its own: it never leaps then. */
  steady?: Clock
  /** Receives the log lines instead of the terminal, for tests. */
  logTo?: Writable
  /** What to offer instead of what is in `config.folders`, for tests. */
  offer?: Partial<Offer>
  /**
   * Whether the offer changes while the server runs: with the files in `config.folders`, or through `app.mcp.offer`
   * where `offer` is given.
   */
  reloads?: boolean
  /**
   * What receives SIGHUP, at which mcp.json is read again: the process, where it is the
   * server's own.
   */
  signals?: NodeJS.EventEmitter
}

/** @throws when a part cannot be opened; what was open by then is closed. */
export async function buildApp (config: Config, options: AppOptions = {}): Promise<FastifyInstance> {
  const found = options.offer ?? (await config.loadOffer())
  const offer: Offer = { tools: [], resources: [], prompts: [], sources: [], ...found }
  const app = options.server ?? createHttpServer(config, options.logTo)
  try {
    await registerPlugins(app, config, offer, options)
    await app.register(scoped(metricsRoute), config)
    await app.register(scoped(machineRoutes), config)
    await app.register(scoped(pageRoutes), config)
    const watches = options.reloads === true && options.offer === undefined
    if (watches) await app.register(hotReload, config)
    await app.register(followUpstreams, { ...config, signals: options.signals, watches })
    return app
  } catch (error) {
    await app.close()
    throw error
  }
}

async function registerPlugins (
  app: FastifyInstance,
  config: Config,
  offer: Offer,
  { now = monotonicClock, steady = now === monotonicClock ? steadyClock : now, reloads = false, ...loadOptions }: AppOptions
): Promise<void> {
  await app.register(tracing, config)
  await app.register(metrics, config)
  await app.register(load, loadOptions)
  await app.register(callerTurns)
  await app.register(identity, config)
  await app.register(languages)
  const { paths, publicUrl } = config
  const icon = iconPath(app.identity, paths)
  const signInUrl = config.signIn ? paths.account : undefined
  const assets = { stylePath: paths.style, scriptsPath: paths.scripts, iconUrl: icon }
  await app.register(pages, { publicUrl, homeUrl: config.mcpUrl, signInUrl, ...assets })
  await app.register(origin, config)
  // What watches storage is handed to it by name: metrics outermost.
  const observers = [app.metrics, app.tracing].flatMap((watcher) => (watcher ? [watcher.observe] : []))
  await registerCore(app, config, { now, steady }, observers)
  await app.register(library, {
    ...config,
    own: [config.upstreamsFile, config.accessFile],
    documentUrl: documentUrl(config),
    notes: app.notes,
    accessRules: app.accessRules,
    sources: offer.sources
  })
  await app.register(tools, { ...config, definitions: offer.tools })
  await app.register(eventBus, config)
  await app.register(stories)
  await app.register(upstreams, {
    ...config,
    ownNames: () => ({
      tools: app.tools.offered.flatMap(({ name, aliases = [] }) => [name, ...aliases]),
      prompts: offer.prompts.map(({ name }) => name)
    })
  })
  await app.register(followRestarts)
  await app.register(mcp, {
    ...config,
    ...offer,
    tools: app.tools.offered,
    resources: [...offer.resources, ...app.tools.resources],
    library: app.library,
    notes: app.notes,
    upstreams: app.upstreams,
    reloads,
    iconUrl: publicUrl + icon
  })
  await app.register(resourceChanges, { documentUri })
}

/** What programs call: JSON errors, and CORS. */
async function machineRoutes (app: FastifyInstance, config: Config): Promise<void> {
  app.setErrorHandler(sendJsonError)
  await app.register(cors, config)
  await app.register(scoped(healthRoute))
  await app.register(scoped(mcpRoutes), config)
  if (!config.signIn) return
  await app.register(scoped(discoveryRoutes), config)
  await app.register(scoped(registerRoute))
  await app.register(scoped(tokenRoute), config)
  await app.register(scoped(revokeRoute))
  await app.register(scoped(introspectRoute), config)
  await app.register(scoped(userinfoRoute), config)
}

/** What people see: pages, forms and files. */
async function pageRoutes (app: FastifyInstance, config: Config): Promise<void> {
  if (config.signIn) await app.register(cookie, READ_COOKIES)
  await app.register(pageZone, { sharedPaths: config.paths.mcp })
  await app.register(parameters)
  await app.register(scoped(assetRoutes))
  await app.register(scoped(homeRoute), config)
  await app.register(scoped(documentRoutes), config)
  if (!config.signIn) return
  await app.register(scoped(authorizeRoute), config)
  await app.register(scoped(consentRoutes), config)
  await app.register(scoped(loginRoutes), config)
  await app.register(scoped(loginPasskeyRoute), config)
  await app.register(scoped(loginStepRoutes), config)
  await app.register(scoped(loginFactorRoutes))
  await app.register(scoped(passwordRoutes), config)
  await app.register(scoped(resetPasswordRoutes), config)
  await app.register(scoped(confirmEmailRoutes))
  await app.register(scoped(signupRoutes), config)
  await app.register(scoped(accountRoutes), config)
  await app.register(scoped(adminRoutes), config)
}
