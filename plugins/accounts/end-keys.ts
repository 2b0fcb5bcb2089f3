// What becomes of a person's access keys when they change their password or sign out everywhere:
// revoked if they choose so, each with its audit event.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ofKey } from '../access-keys/access.ts'

export type KeysAfter = 'revoked' | 'kept'

/**
 * Call after the sessions have ended: a key that one of them is making is found, or withdrawn.
 * @param areEnded as the person chose.
 * @returns undefined for a person without keys.
 */
export async function endKeys (
  app: FastifyInstance,
  request: FastifyRequest,
  userId: string,
  areEnded: boolean
): Promise<KeysAfter | undefined> {
  if (!areEnded) return (await app.accessKeys.listByUser(userId)).length > 0 ? 'kept' : undefined
  const revoked = await app.accessKeys.revokeAllOf(userId)
  for (const key of revoked) app.audit.record(request, 'key_revoked', ofKey(key))
  return revoked.length > 0 ? 'revoked' : undefined
}
