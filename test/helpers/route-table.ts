// The routes of a server as Fastify registers them: what is tested over
// all of them holds for one that is added later,
// too.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance } from 'fastify'

export interface Route {
  method: string
  url: string
}

/** @param build makes one server. @returns it, and its routes, each with one method. */
export async function withRoutes<Server> (build: () => Promise<Server>): Promise<{ server: Server; routes: Route[] }> {
  const routes: Route[] = []
  const listen = (message: unknown) => {
    ;(message as { fastify: FastifyInstance }).fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push({ method: one, url })
    })
  }
  subscribe('fastify.initialization', listen)
  try {
    return { server: await build(), routes }
  } finally {
    unsubscribe('fastify.initialization', listen)
  }
}
