// Notifies listeners when a grant ends before its time, on purpose or because its code or token was reused.
import { OAuthError } from '../../../errors.ts'
import type { Grant } from './contract.ts'
import { TokenReuse } from './issuing.ts'

/** Why a grant ended early: `replaced` by a newer one beyond the bounds, or `ended` on purpose or for reuse. */
export type EndReason = 'ended' | 'replaced'
export type EndListener = (grant: Grant, reason: EndReason) => Promise<void>

/** Notifies the listeners of grants that ended before their time. */
export function createEndings () {
  const listeners: EndListener[] = []
  const ended = async (grant: Grant | undefined, reason: EndReason) => {
    if (grant) for (const listener of listeners) await listener(grant, reason)
  }
  return {
    onEnd (listener: EndListener) {
      listeners.push(listener)
    },
    ended,
    /** Reuse of a code or refresh token has ended its grant. */
    endingReuse: <T>(work: Promise<T>): Promise<T> =>
      work.catch(async (error: unknown) => {
        if (error instanceof OAuthError && error.cause instanceof TokenReuse) await ended(error.cause.grant, 'ended')
        throw error
      })
  }
}
