// Keeps web pages of other sites away: the whole server answers under its own name only, against DNS rebinding, and
// checks who sent a form or a call (MCP Streamable HTTP, "Security & Endpoint Requirements"; RFC 9110 §15.5.20).
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isLoopbackHost, LOOPBACK_ORIGIN } from '../authoring/env.ts'
import type { Config } from '../config/index.ts'
import { accessDenied } from '../errors.ts'
import { english, type Message, type Text } from '../languages/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Answers 403 if a web page that is not allowed sent the request. @returns undefined if it
     * may continue.
     */
    checkOrigin(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined
    /**
     * An `onRequest` hook for our own pages: a form may be posted from our own pages only.
     * @throws access_denied.
     */
    checkFormOrigin(request: FastifyRequest): Promise<void>
  }
  interface FastifyContextConfig {
    /**
     * The route answers under any name: for what reveals nothing, or asks for a secret that no browser sends
     * automatically.
     */
    anyHost?: boolean
    /**
     * Pages of other sites may post here, as they may link here: the request only begins
     * something.
     */
    anyOrigin?: boolean
  }
}

/**
 * The request names another server. Each scope speaks it in its own way, as it does every error with a status below
 * 500.
 */
class MisdirectedRequest extends Error {
  override readonly name = 'MisdirectedRequest'
  readonly statusCode = 421
  readonly said: Message

  constructor (host: string) {
    const said: Message = { key: 'problems.otherHost', values: { host } }
    super(english.say(said))
    this.said = said
  }
}

export default fp(
  async function origin (
    app: FastifyInstance,
    { publicUrl, corsOrigins, local }: Pick<Config, 'publicUrl' | 'corsOrigins' | 'local'>
  ) {
    const { host: ownHost, protocol } = new URL(publicUrl)
    const names = new Set([ownHost, ownHost + (protocol === 'https:' ? ':443' : ':80')])
    const foreign: Text = { key: 'problems.foreignForm', values: { server: publicUrl } }
    const hidden: Text = { key: 'problems.hiddenForm', values: { server: publicUrl } }
    const origins = new Set([new URL(publicUrl).origin, ...corsOrigins])

    // Every route, including those added later and unknown paths. The header as sent, never a
    // forwarded one: what a
    // proxy adds must not widen this.
    app.addHook('onRequest', (request, _reply, done) => {
      const name = hostOf(request)
      if (names.has(name) || isLoopbackHost(name) || request.routeOptions.config.anyHost) done()
      // What was sent is not repeated.
      else {
        app.audit.recordOnce(request, 'host_refused', { reason: 'host' })
        done(new MisdirectedRequest(ownHost))
      }
    })

    app.decorate('checkOrigin', (request: FastifyRequest, reply: FastifyReply) => {
      const { origin } = request.headers
      // Programs send no Origin; `null` is a page that hides where it comes from.
      if (origin === undefined || origins.has(origin) || (local && LOOPBACK_ORIGIN.test(origin))) return undefined
      return refuse(reply, 403, 'Web pages of this origin may not call this server. CORS_ORIGINS lists those that may.')
    })

    app.decorate('checkFormOrigin', async (request: FastifyRequest) => {
      const { method, headers, routeOptions } = request
      if (method !== 'POST' || routeOptions.config.anyOrigin) return
      const { origin, 'sec-fetch-site': site } = headers
      if (site === 'cross-site' || site === 'same-site') throw accessDenied(foreign)
      // Fetch "append a request Origin header": under `Referrer-Policy: no-referrer`, which
      // proxies and extensions add,
      // our own forms come from `null`. Only the browser itself writes Sec-Fetch-Site (Fetch Metadata §2.3).
      if (origin === 'null' && site !== 'same-origin') throw accessDenied(hidden)
      // On a person's own computer the server has several names; a page and its form still
      // have to share one.
      const isOwn =
        origin === undefined ||
        origin === 'null' ||
        origin === publicUrl ||
        (local && isLoopbackHost(hostOf(request)) && origin === `http://${hostOf(request)}`)
      if (!isOwn) throw accessDenied(foreign)
    })
  },
  { name: 'origin' }
)

/** As sent: the header, or the pseudo-header of HTTP/2 (RFC 9113 §8.3.1). */
const hostOf = ({ headers }: FastifyRequest): string => String(headers.host ?? headers[':authority'] ?? '').toLowerCase()

/**
 * A JSON-RPC error without id, since nothing of the body is known yet. What was sent is not
 * repeated.
 */
const refuse = (reply: FastifyReply, status: number, message: string) =>
  reply.code(status).send({ jsonrpc: '2.0', error: { code: -32600, message } })
