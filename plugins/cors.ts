// CORS for the endpoints that programs call: the web pages in CORS_ORIGINS, the server's own, and on a development
// machine any page of this computer (MCP Streamable HTTP; WHATWG Fetch §3.3).
import cors from '@fastify/cors'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/index.ts'
import { LOOPBACK_ORIGIN } from '../authoring/env.ts'

/** Seconds for which a browser may remember the answer to a preflight. */
const MAX_AGE_SECONDS = 3600

export default fp(
  async function corsForPrograms (
    app: FastifyInstance,
    { corsOrigins, publicUrl, local }: Pick<Config, 'corsOrigins' | 'publicUrl' | 'local'>
  ) {
    await app.register(cors, {
      origin: [...corsOrigins, publicUrl, ...(local ? [LOOPBACK_ORIGIN] : [])],
      methods: ['GET', 'POST', 'DELETE'],
      exposedHeaders: ['WWW-Authenticate', 'Mcp-Session-Id', 'Retry-After'],
      maxAge: MAX_AGE_SECONDS
    })
  },
  { name: 'cors' }
)
