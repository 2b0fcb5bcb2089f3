// Creates the Fastify instance: connections, trusted proxies, log lines without URLs, and an answer for every error and
// every address that does not exist.
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import type { Server } from 'node:http'
import type { Writable } from 'node:stream'
import fastify, {
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions
} from 'fastify'
import type { Config } from '../config/index.ts'
import { OAuthError } from '../errors.ts'
import { dropForwardedPorts, trustedProxies, useClientIpHeader, warnOfUnnamedProxy } from './client-address.ts'
import { Connections } from './connections.ts'
import { createLogDestination } from './observability/log-destination.ts'
import { describeError } from './observability/log-error.ts'
import { sendErrorPage, sendJsonError } from './pages/error-handlers.ts'
import { refuseTinyPieces } from './tiny-pieces.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The audit log records what this route does: its answers below 400 are logged at `debug`
     * instead of `info`.
     */
    isAudited?: boolean
  }
}

/** @param logTo receives the log lines instead of the terminal, for tests. */
export function createHttpServer (config: Config, logTo?: Writable): FastifyInstance {
  const connections = new Connections()
  const app = createInstance(config, {
    logger: {
      level: config.logLevel,
      serializers: { err: describeError },
      stream: logTo ?? createLogDestination(config.logFormat === 'readable')
    },
    genReqId: () => randomUUID(),
    trustProxy: trustedProxies(config),
    forceCloseConnections: 'idle',
    serverFactory: (handler): Server => connections.createServer(handler, config, () => app.log)
  })
  connections.closeWith(app)
  useClientIpHeader(app, config)
  dropForwardedPorts(app, config)
  warnOfUnnamedProxy(app, config)
  app.addHook('onResponse', logAnswer)
  return app
}

/**
 * What is the same for every server, whoever receives its requests. @param options who
 * receives and logs them.
 */
export function createInstance ({ bodyLimit }: Pick<Config, 'bodyLimit'>, options: FastifyServerOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    schemaController: { compilersFactory: lazySchemaCompilers },
    // Fastify's own lines contain URLs, and URLs here contain codes, states and handles.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    // A request that arrives while the server closes is still answered; its connection is
    // closed after it.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 4096 },
    rewriteUrl: dropEndlessQuery,
    frameworkErrors: (error, request, reply) => sendJsonError(error, request, reply as unknown as FastifyReply),
    ...options
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    reply.header('x-content-type-options', 'nosniff')
    done()
  })
  refuseTinyPieces(app)
  readNothingOfTheUnknown(app)
  dropEndlessContentType(app)
  app.setErrorHandler(sendJsonError)
  app.setNotFoundHandler(answerNotFound)
  return app
}

/** Nobody asks with more; a shorter URL is not looked at. */
const MAX_QUERY_PARAMETERS = 200
const MIN_LONG_URL = 1_000

/**
 * The routers read all parameters of a query before anybody's turn, and ten thousand fit into a head: of a
 * query with too many nothing is read (threat BW-35).
 */
function dropEndlessQuery ({ url = '' }: { url?: string | undefined }): string {
  const isEndless = url.length > MIN_LONG_URL && url.split('&', MAX_QUERY_PARAMETERS + 1).length > MAX_QUERY_PARAMETERS
  return isEndless ? url.split('?', 1)[0]! : url
}

/** What says that a request has a body (RFC 9112 §6). */
const BODY_HEADERS = ['content-type', 'content-length', 'transfer-encoding']

/**
 * A body that is sent to no address is not read: anybody could have a megabyte of JSON parsed for a 404 (threat BW-34).
 * Fastify takes a request without these headers for one without a body.
 */
function readNothingOfTheUnknown (app: FastifyInstance): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    if (request.is404) for (const name of BODY_HEADERS) delete request.raw.headers[name]
    done(null, payload)
  })
}

/** Characters: no client sends a longer one. */
const MAX_CONTENT_TYPE = 200

/**
 * Fastify reads all parameters of this header before anybody's turn, and keeps the last hundred headers of each scope with
 * what it made of them: strangers filled 150 MB (threat OW-40). One that is too long counts as one that says nothing.
 */
function dropEndlessContentType (app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    if ((headers['content-type']?.length ?? 0) > MAX_CONTENT_TYPE) headers['content-type'] = ''
    done()
  })
}

type SchemaCompilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

const require = createRequire(import.meta.url)
/** Fastify's own dependencies, in the versions that Fastify uses. */
const requireFromFastify = createRequire(require.resolve('fastify'))

/**
 * Fastify's compilers for JSON Schema, loaded with the first route that has a schema. No route of ours has one (zod
 * checks what arrives), and loading them takes a tenth of the start; a plugin from elsewhere may bring one.
 */
const lazySchemaCompilers = {
  buildValidator: loadLazily('@fastify/ajv-compiler'),
  buildSerializer: loadLazily('@fastify/fast-json-stringify-compiler')
} as SchemaCompilers

function loadLazily (name: string) {
  return (...parameters: unknown[]): unknown => {
    const selectCompiler = requireFromFastify(name) as () => (...parameters: unknown[]) => unknown
    return selectCompiler()(...parameters)
  }
}

function logAnswer (request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const level = request.routeOptions.config.isAudited && reply.statusCode < 400 ? 'debug' : 'info'
  const route = request.routeOptions.url ?? 'none'
  const ms = Math.round(reply.elapsedTime)
  request.log[level]({ method: request.method, route, status: reply.statusCode, ms }, 'answered')
  done()
}

function answerNotFound (request: FastifyRequest, reply: FastifyReply) {
  const error = new OAuthError('not_found', 404, 'There is nothing at this address.', { said: { key: 'problems.notFound' } })
  return request.headers.accept?.includes('text/html')
    ? sendErrorPage(error, request, reply)
    : sendJsonError(error, request, reply)
}
