// Records what was done, and who did it.
import type { FastifyInstance } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import type { EventDetails, EventName } from '../observability/audit/contract.ts'
import type { User } from '../sign-in/contract.ts'
import type { Actor } from './contract.ts'

/** Never waits and never throws. */
export function audited (
  { audit }: Pick<FastifyInstance, 'audit'>,
  { by, request }: Actor,
  event: EventName,
  details: EventDetails
): void {
  if (request) audit.record(request, event, { ...details, by })
  else audit.note(event, { ...details, by })
}

/** @throws invalid_request */
export async function needPerson ({ signIn }: Pick<FastifyInstance, 'signIn'>, userId: string): Promise<User> {
  const user = await signIn.lifecycle.find(userId)
  if (!user) throw invalidRequest({ key: 'admin-people.gone' })
  return user
}
