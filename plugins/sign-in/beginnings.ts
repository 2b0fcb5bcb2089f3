// Begins a sign-in: in a browser without a session, or with the session it has.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Interaction, Pending } from './contract.ts'
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
  /**
   * Continues as the person who is signed in already. @returns a handle that only this session
   * can use.
   */
  resume(
    request: FastifyRequest,
    reply: FastifyReply,
    intent: SignInIntent,
    more?: Pick<Interaction, 'language'>
  ): Promise<string>
}

/** @returns the two ways to begin a sign-in. */
export function beginnings ({ interactions, cookies, sessions }: Parts, app: Pick<FastifyInstance, 'secondFactors'>): Beginnings {
  /** The person of this session shows a second factor next, if they have one. */
  async function stepUp (request: FastifyRequest): Promise<Pending | undefined> {
    const visitor = await sessions.current(request)
    if (!visitor || !(await app.secondFactors.hasAny(visitor.user.id))) return undefined
    const { user, backend } = visitor
    return { userId: user.id, backend, epoch: user.sessionEpoch ?? 0, needs: 'step-up', tries: 0 }
  }

  return {
    async begin (request, reply, intent, more = {}) {
      const browser = cookies.identify(request, reply)
      return (await interactions.create(request, { intent, browser, ...more })).handle
    },
    async resume (request, reply, intent, more = {}) {
      const session = cookies.session(request)
      const browser = cookies.identify(request, reply)
      const pending = intent.kind === 'visit' && intent.again === 'factor' ? await stepUp(request) : undefined
      const resumed = { intent, browser, ...(session && { session }), ...(pending && { pending }), ...more }
      return (await interactions.create(request, resumed)).handle
    }
  }
}
