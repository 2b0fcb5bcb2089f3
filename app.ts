// buildApp: the table of contents. The only file that names every plugin and every route.
import { randomUUID } from 'node:crypto'
import type { Writable } from 'node:stream'
import cookie from '@fastify/cookie'
import cors from '@fastify/cors'
import fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { monotonicClock, type Clock } from './clock.ts'
import type { Config } from './config/index.ts'
import { documentUrl, registerCore } from './core.ts'
import { OAuthError } from './errors.ts'
import { paths } from './paths.ts'
import { trustedProxies, useClientIpHeader } from './plugins/client-address.ts'
import { Connections } from './plugins/connections.ts'
import library from './plugins/library/index.ts'
import mcp from './plugins/mcp/index.ts'
import load, { type LoadOptions } from './plugins/observability/load-shedding.ts'
import { describeError } from './plugins/observability/log-error.ts'
import { createLogDestination } from './plugins/observability/log-destination.ts'
import metrics from './plugins/observability/metrics.ts'
import tracing from './plugins/observability/tracing.ts'
import origin from './plugins/origin.ts'
import pages from './plugins/pages/index.ts'
import parameters from './plugins/oauth/parameters.ts'
import tools from './plugins/tools.ts'
import { sendJsonError, sendErrorPage } from './plugins/pages/error-handlers.ts'
import accountRoutes from './routes/account/index.ts'
import assetRoutes, { styleUrl } from './routes/assets.ts'
import authorizeRoute from './routes/authorize/index.ts'
import consentRoutes from './routes/authorize/consent.ts'
import discoveryRoutes from './routes/discovery.ts'
import documentRoutes from './routes/documents.ts'
import healthRoute from './routes/health.ts'
import homeRoute from './routes/home.ts'
import introspectRoute from './routes/introspect.ts'
import loginRoutes from './routes/login.ts'
import confirmEmailRoutes from './routes/confirm-email.ts'
import passwordRoutes from './routes/password.ts'
import resetPasswordRoutes from './routes/reset-password.ts'
import loginStepRoutes from './routes/login-steps.ts'
import mcpRoutes from './routes/mcp.ts'
import metricsRoute from './routes/metrics.ts'
import registerRoute from './routes/register.ts'
import revokeRoute from './routes/revoke.ts'
import signupRoutes from './routes/signup.ts'
import tokenRoute from './routes/token/index.ts'
import userinfoRoute from './routes/userinfo.ts'
import { documentUri } from './resources/documents.ts'
import { LOOPBACK_ORIGIN } from './authoring/env.ts'
import { followTools } from './authoring/loader/hot-reload.ts'
import { loadOffer, type Offer } from './authoring/loader/load.ts'

export interface AppOptions extends LoadOptions {
  /** The clock, for tests where time matters. */
  now?: Clock
  /** Takes the log's lines in place of the terminal, for tests. */
  logTo?: Writable
  /** What to offer instead of what `config.folders` hold, for tests. */
  offer?: Partial<Offer>
  /**
   * Whether what is offered changes while the server runs: with the files of `config.folders`, unless there is an
   * `offer`.
   */
  reloads?: boolean
}

/** @throws when a part cannot be opened; what was open by then is closed. */
export async function buildApp (
  config: Config,
  { now = monotonicClock, logTo, offer, reloads = false, ...options }: AppOptions = {}
): Promise<FastifyInstance> {
  const offered = {
    tools: [],
    resources: [],
    prompts: [],
    sources: [],
    ...(offer ?? (await loadOffer(config.folders)))
  }
  const app = createServer(config, logTo)
  try {
    await registerAll(app, config, { offer: offered, reloads, now, ...options })
    if (reloads && offer === undefined) await followFiles(app, config.folders)
    return app
  } catch (error) {
    await app.close()
    throw error
  }
}

interface Parts extends LoadOptions {
  offer: Offer
  reloads: boolean
  now: Clock
}

async function registerAll (
  app: FastifyInstance,
  config: Config,
  { offer, reloads, now, ...options }: Parts
): Promise<void> {
  await app.register(tracing, config)
  await app.register(metrics, config)
  await app.register(load, options)
  await app.register(pages, { publicUrl: config.publicUrl, styleUrl })
  await app.register(origin, config)
  await registerCore(app, config, now)
  await app.register(library, { ...config, documentUrl: documentUrl(config), notes: app.notes, sources: offer.sources })
  await app.register(tools, { ...config, definitions: offer.tools })
  await app.register(mcp, {
    ...config,
    ...offer,
    tools: app.tools.offered,
    resources: [...offer.resources, ...app.tools.resources],
    library: app.library,
    notes: app.notes,
    reloads,
    iconUrl: config.publicUrl + paths.icon
  })
  followNotes(app)
  app.library.ready.then(() => followDocuments(app))

  await app.register(metricsRoute, config)
  await app.register((scope) => machineRoutes(scope, config))
  await app.register((scope) => pageRoutes(scope, config))
}

/** Development: a tool that is saved is offered at once. */
async function followFiles (app: FastifyInstance, folders: readonly URL[]): Promise<void> {
  const stop = await followTools(folders, {
    async changed (offer, file) {
      await app.tools.replace(offer.tools, (tools, resources) =>
        app.mcp.offer({ ...offer, tools, resources: [...offer.resources, ...resources] })
      )
      app.log.info(
        `${file} changed: ${app.tools.offered.length} tools, ${offer.resources.length} resources and ${offer.prompts.length} prompts are offered`
      )
    },
    failed: (error, file) => app.log.error(`${file} changed, but the tools from before stay: ${error.message}`)
  })
  app.addHook('onClose', stop)
}

/** Tells of every change in the folder from now on; what was there at the start is no change. */
function followDocuments (app: FastifyInstance): void {
  app.library.onChange((ids) => {
    const updated = ids.map((id) => ({ kind: 'resource_updated' as const, uri: documentUri(id) }))
    app.mcp
      .announce([{ kind: 'resources_list_changed' }, ...updated])
      .catch((err: unknown) => app.log.warn({ err }, 'a change of documents could not be told'))
  })
}

/** Tells each person's own streams of what has become of their notes, and nobody else's. */
function followNotes (app: FastifyInstance): void {
  app.notes.onChange(({ user, id, listed }) => {
    const updated = [id, documentUri(id)].map((uri) => ({ kind: 'resource_updated' as const, uri, user }))
    app.mcp
      .announce([...(listed ? [{ kind: 'resources_list_changed' as const, user }] : []), ...updated])
      .catch((err: unknown) => app.log.warn({ err }, 'a change of a note could not be told'))
  })
}

/** What programs call: JSON errors, and CORS for the browsers named in CORS_ORIGINS. */
async function machineRoutes (app: FastifyInstance, config: Config): Promise<void> {
  app.setErrorHandler(sendJsonError)
  await app.register(cors, {
    origin: [
      ...config.corsOrigins,
      config.publicUrl,
      ...(config.local ? [LOOPBACK_ORIGIN] : [])
    ],
    methods: ['GET', 'POST', 'DELETE'],
    exposedHeaders: ['WWW-Authenticate', 'Mcp-Session-Id', 'Retry-After'],
    maxAge: 3600
  })
  await app.register(healthRoute)
  await app.register(mcpRoutes, config)
  if (!config.signIn) return
  await app.register(discoveryRoutes, config)
  await app.register(registerRoute)
  await app.register(tokenRoute, config)
  await app.register(revokeRoute)
  await app.register(introspectRoute, config)
  await app.register(userinfoRoute, config)
}

const pagePaths = [
  paths.authorize,
  paths.consent,
  paths.login,
  paths.switchAccount,
  paths.loginCode,
  paths.loginChoice,
  `${paths.loginCallback}/*`,
  paths.accountProve,
  paths.accountLink,
  paths.accountLinkAdd,
  paths.accountUnlink,
  paths.logout,
  paths.signup,
  paths.forgotPassword,
  paths.resetPassword,
  paths.confirmEmail,
  paths.changeEmail,
  paths.account,
  paths.accountPassword,
  paths.accountEmail,
  paths.accountRevoke,
  paths.accountSignOut,
  paths.accountDelete,
  paths.accountActivity,
  paths.accountNotes,
  `${paths.documents}/*`
]

/** What people see: error pages, forms from our own pages only, no CORS. */
async function pageRoutes (app: FastifyInstance, config: Config): Promise<void> {
  app.setErrorHandler(sendErrorPage)
  if (config.signIn) await app.register(cookie)
  app.addHook('onRequest', app.checkFormOrigin)
  // Redirects too: a handle or a code in a URL is nobody's to keep or to pass on.
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
  })
  // Without these the preflight route of the machine endpoints would answer here too.
  for (const path of pagePaths) { app.options(path, (_request, reply) => reply.code(405).header('allow', 'GET, POST').send()) }
  await app.register(parameters)
  await app.register(assetRoutes)
  await app.register(homeRoute, config)
  await app.register(documentRoutes, config)
  if (!config.signIn) return
  await app.register(authorizeRoute, config)
  await app.register(consentRoutes, config)
  await app.register(loginRoutes, config)
  await app.register(loginStepRoutes, config)
  await app.register(passwordRoutes, config)
  await app.register(resetPasswordRoutes, config)
  await app.register(confirmEmailRoutes)
  await app.register(signupRoutes, config)
  await app.register(accountRoutes, config)
}

/**
 * Fastify loads compilers for JSON Schema unless it is given others: a tenth of the start, for what no route here has.
 */
const noSchemas = () => {
  throw new Error('a route has no schema here: let zod check what comes, as routes/register.ts does')
}

function createServer (config: Config, logTo: Writable | undefined): FastifyInstance {
  const connections = new Connections()
  const app: FastifyInstance = fastify({
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    logger: { level: config.logLevel, serializers: { err: describeError }, stream: logTo ?? createLogDestination() },
    // The default lines hold URLs, and URLs here hold codes, states and handles.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    trustProxy: trustedProxies(config),
    bodyLimit: config.bodyLimit,
    forceCloseConnections: 'idle',
    // A request that arrives while the server closes is still answered; its connection is closed after it.
    return503OnClosing: false,
    serverFactory: (handler) => connections.createServer(handler, config, () => app.log),
    routerOptions: { maxParamLength: 4096 },
    frameworkErrors: (error, request, reply) => sendJsonError(error, request, reply as unknown as FastifyReply)
  })
  connections.closeWith(app)
  useClientIpHeader(app, config)
  app.addHook('onSend', (_request, reply, _payload, done) => {
    reply.header('x-content-type-options', 'nosniff')
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const level = request.routeOptions.config.isAudited && reply.statusCode < 400 ? 'debug' : 'info'
    request.log[level](
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime)
      },
      'answered'
    )
    done()
  })
  app.setErrorHandler(sendJsonError)
  app.setNotFoundHandler(answerNotFound)
  return app
}

function answerNotFound (request: FastifyRequest, reply: FastifyReply) {
  const refusal = new OAuthError('not_found', 404, 'There is nothing at this address.')
  return request.headers.accept?.includes('text/html')
    ? sendErrorPage(refusal, request, reply)
    : sendJsonError(refusal, request, reply)
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What is done here is in the audit log: a second line for each answer is written at `debug` only. */
    isAudited?: boolean
  }
}
