// What every page has in common: error pages, forms from our own pages only, headers that keep it out of
// caches, and no answer to a CORS preflight. Registered in the scope that holds the pages.
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { sendErrorPage } from './error-handlers.ts'

interface Options {
  /** Paths that a page shares with an endpoint for programs: there the preflight is for the endpoint. */
  sharedPaths: readonly string[]
}

export default fp(
  async function pageZone (app: FastifyInstance, { sharedPaths }: Options) {
    app.setErrorHandler(sendErrorPage)
    app.addHook('onRequest', app.checkFormOrigin)
    // On redirects as well: a handle or a code in a URL must not be stored or passed on.
    app.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'same-origin' })
    })
    refusePreflights(app, sharedPaths)
  },
  { name: 'page-zone', dependencies: ['pages', 'origin'] }
)

/**
 * Answers OPTIONS at every path that gets a page from now on. Otherwise `@fastify/cors`, which answers OPTIONS at every
 * path without a route, would allow other sites to call it.
 */
function refusePreflights (app: FastifyInstance, sharedPaths: readonly string[]): void {
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ method, url }) => {
    const added = [method].flat().filter((name) => name === 'GET' || name === 'POST')
    if (added.length === 0 || sharedPaths.includes(url)) return
    const known = methods.get(url)
    if (known) {
      for (const name of added) known.add(name)
      return
    }
    const allowed = new Set(added)
    methods.set(url, allowed)
    app.options(url, (_request, reply) => reply.code(405).header('allow', [...allowed].sort().join(', ')).send())
  })
}
