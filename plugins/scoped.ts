// Routes in a scope of their own, with the name of their function: Fastify looks for that of a plain one among all modules that
// are loaded, which takes longer than registering it.
import fp from 'fastify-plugin'
import type { FastifyPluginAsync, FastifyPluginOptions } from 'fastify'

/** @param routes a named function. @returns the same, to be registered. */
export const scoped = <Options extends FastifyPluginOptions>(routes: FastifyPluginAsync<Options>): FastifyPluginAsync<Options> =>
  fp(routes, { encapsulate: true })
