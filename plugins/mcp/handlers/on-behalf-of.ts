// Lends a tool what its caller may do at the service they signed in with; and words for a model why that is not
// possible.
import type { FastifyInstance } from 'fastify'
import { BackendUnavailable } from '../../../auth-backends/contract.ts'
import { ToolError } from '../../../authoring/tool.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import { describeOutage } from '../../sign-in/outages.ts'

/**
 * @returns a client of the service, acting as the caller.
 * @throws ToolError when they did not sign in with it, or it does not answer.
 */
export type OnBehalfOf = (access: Access | null, service: 'supabase') => Promise<unknown>

const TITLES = { supabase: 'Supabase' } as const

/** @param what of the service is lent: its client, or what its token says. */
export const createOnBehalfOf =
  (app: Pick<FastifyInstance, 'signIn'>, what: 'onBehalfOf' | 'claims' = 'onBehalfOf'): OnBehalfOf =>
    async (access, service) => {
      const title = TITLES[service]
      const client =
      access &&
      (await app.signIn.upstream[what](access, service).catch((error: unknown) => {
        throw error instanceof BackendUnavailable ? new ToolError(describeOutage(error, title).message) : error
      }))
      if (client) return client
      throw new ToolError(
        access
          ? `This tool acts as the person at ${title}, and they have not signed in with ${title}, or have signed out there since. Ask them to connect this server anew, and to choose ${title} to sign in.`
          : `This tool acts as the person at ${title}, and nobody signs in on this server.`
      )
    }
