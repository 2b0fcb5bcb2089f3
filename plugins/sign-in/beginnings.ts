// Begins a sign-in: in a browser without a session, or with the session it has.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Interaction } from './contract.ts'
import type { SignInIntent } from './intent.ts'
import type { Parts } from './parts.ts'

export interface Beginnings {
  /**
   * Stores what a person came for, for this browser, with the invitation that came with it.
   * @returns the handle that the pages carry.
   */
  begin(
    request: FastifyRequest,
    reply: FastifyReply,
    intent: SignInIntent,
    more?: Pick<Interaction, 'invite' | 'language'>
  ): Promise<string>
  /** Continues as the person who is signed in already. @returns a handle that only this session can use. */
  resume(
    request: FastifyRequest,
    reply: FastifyReply,
    intent: SignInIntent,
    more?: Pick<Interaction, 'language'>
  ): Promise<string>
}

/** @returns the two ways to begin a sign-in. */
export function beginnings ({ interactions, cookies }: Parts): Beginnings {
  return {
    async begin (request, reply, intent, more = {}) {
      const browser = cookies.identify(request, reply)
      return (await interactions.create(request, { intent, browser, ...more })).handle
    },
    async resume (request, reply, intent, more = {}) {
      const session = cookies.session(request)
      const browser = cookies.identify(request, reply)
      return (await interactions.create(request, { intent, browser, ...(session && { session }), ...more })).handle
    }
  }
}
