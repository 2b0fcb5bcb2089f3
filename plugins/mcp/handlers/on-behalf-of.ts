// Gives a tool what its caller may do at the service they signed in with, or explains to the model why it cannot.
import type { FastifyInstance } from 'fastify'
import { BackendUnavailable } from '../../../auth-backends/contract.ts'
import { ToolError } from '../../../authoring/tool.ts'
import { english } from '../../../languages/index.ts'
import type { Access } from '../../oauth/grants/contract.ts'
import { describeOutage } from '../../sign-in/outages.ts'

/**
 * @returns a client of the service, on behalf of the caller.
 * @throws ToolError when the caller did not sign in with it, or it does not answer.
 */
export type OnBehalfOf = (access: Access | null, service: 'supabase') => Promise<unknown>

const TITLES = { supabase: 'Supabase' } as const

/**
 * @param what of the service: its client, or the claims of the caller's token there.
 */
export const createOnBehalfOf =
  (app: Pick<FastifyInstance, 'signIn'>, what: 'onBehalfOf' | 'claims' = 'onBehalfOf'): OnBehalfOf =>
    async (access, service) => {
      const title = TITLES[service]
      if (access === null) throw new ToolError(`This tool acts as the person at ${title}, and this server has no sign-in.`)
      const client = await app.signIn.upstream[what](access, service).catch((error: unknown) => {
        throw error instanceof BackendUnavailable ? new ToolError(english.say(describeOutage(error, title).message)) : error
      })
      if (client) return client
      throw new ToolError(
        `This tool acts as the person at ${title}, and they have not signed in with ${title}, or have signed out there ` +
        `since. Ask them to connect this server again, and to choose ${title} to sign in.`
      )
    }
