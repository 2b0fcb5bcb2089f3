// A server inside another Fastify application. It has no port: the application receives the requests, and hands those for
// its URLs over as they came, before anything looks at their bodies. It is an instance of its own, with this package's
// Fastify: nothing of the application reaches it (decorators, parsers, schemas, error handlers, another minor version), and
// nothing of it reaches the application.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../config/index.ts'
import { MAX_PIPELINED } from '../plugins/connections.ts'
import { createCounts } from '../plugins/counts.ts'
import { createInstance } from '../plugins/http-server.ts'
import { describeError } from '../plugins/observability/log-error.ts'
import { whenClosed } from '../plugins/when-closed.ts'

/** Responses that are not finished by then lose what they still need. */
const MAX_CLOSING_MS = 8_000

export interface Mount {
  /** Register the server on it. */
  app: FastifyInstance
  /** Its URLs with their methods, once it is registered. */
  readonly routes: ReadonlyMap<string, ReadonlySet<string>>
  /** After the server was registered on it. */
  ready(): Promise<void>
  /** Handler and hook of the application's routes. */
  handOver(request: FastifyRequest, reply: FastifyReply): void
}

/** What the application knows of a request: its id in the log, and its sender's address behind the proxies. */
type Sender = Pick<FastifyRequest, 'id' | 'ip'>

/** @param log of the application. @param logOptions of the server's own lines in it. */
export function createMount (config: Config, log: FastifyBaseLogger, logOptions: { level?: string }): Mount {
  const senders = new WeakMap<IncomingMessage, Sender>()
  const open = new Set<ServerResponse>()
  /** Of HTTP/1: a connection of HTTP/2 is meant for many at once. */
  const running = createCounts<Socket>()
  const app = createInstance(config, {
    loggerInstance: log.child({}, { ...logOptions, serializers: { err: describeError } }),
    genReqId: (raw) => senders.get(raw as IncomingMessage)!.id
  })
  const routes = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    // The answer of CORS at any path: the application has its own.
    if (url === '*') return
    // A preflight may come to every URL.
    const methods = routes.get(url) ?? new Set(['OPTIONS'])
    routes.set(url, methods)
    for (const one of [method].flat()) methods.add(one)
  })
  app.addHook('onRequest', (request, _reply, done) => {
    Object.defineProperty(request, 'ip', { value: senders.get(request.raw)!.ip })
    done()
  })

  /** Runs after the hooks that end streams. */
  async function sendTheRest (): Promise<void> {
    const sent = (async () => {
      while (open.size > 0) await Promise.race([...open].map((response) => once(response, 'close')))
    })()
    await Promise.race([sent, sleep(MAX_CLOSING_MS, undefined, { ref: false })])
    if (open.size > 0) app.log.warn(`${open.size} responses are cut off: they were not finished in time`)
    for (const response of open) response.destroy()
  }

  return {
    app,
    routes,
    async ready () {
      app.addHook('preClose', sendTheRest)
      await app.ready()
    },
    handOver ({ raw, id, ip }, reply) {
      reply.hijack()
      const socket = raw.httpVersionMajor === 1 ? raw.socket : undefined
      if (socket && running.of(socket) >= MAX_PIPELINED) {
        socket.destroy()
        return
      }
      if (socket) running.add(socket, 1)
      senders.set(raw, { id, ip })
      open.add(reply.raw)
      whenClosed(reply.raw, () => {
        open.delete(reply.raw)
        if (!socket) return
        running.add(socket, -1)
        // The application ended what was idle when it began to close: this connection would keep it for over a minute.
        if (app.isDraining) socket.destroySoon()
      })
      app.routing(raw, reply.raw)
    }
  }
}
