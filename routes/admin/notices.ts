// What a page says after something was done: the address that the form leads to names it.
// Tested in test/routes/admin/person.test.ts.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Key } from '../../languages/index.ts'
import { queryParameters } from '../../plugins/oauth/parameters.ts'
import { withQuery } from './describe-list.ts'

const NOTICES = {
  lock: 'admin-people.doneLock',
  unlock: 'admin-people.doneUnlock',
  delete: 'admin-people.doneDelete',
  owner: 'admin-people.doneOwner',
  'no-owner': 'admin-people.doneNoOwner',
  factors: 'admin-people.doneFactors',
  reset: 'admin-people.doneReset',
  'sign-out': 'admin-people.doneSignOut',
  'group-add': 'admin-people.doneGroupAdd',
  'group-remove': 'admin-people.doneGroupRemove',
  'end-app': 'admin-people.doneEndApp',
  'end-all': 'admin-people.doneEndAll',
  'revoke-key': 'admin-people.doneRevokeKey',
  invite: 'invitations.doneInvite',
  resend: 'invitations.doneResend',
  withdraw: 'invitations.doneWithdraw'
} as const satisfies Record<string, Key>

export type Done = keyof typeof NOTICES

/** Back to a page, which says what was done. */
export const redirectDone = (
  reply: FastifyReply,
  path: string,
  done: Done,
  query: Record<string, string | undefined> = {}
): FastifyReply => reply.redirect(withQuery(path, { ...query, done }), 303)

/** @returns the notice that the address of the page asks for, if it is one of ours. */
export function noticeOf (request: FastifyRequest): { notice?: string } {
  const done = queryParameters(request).get('done') ?? ''
  return Object.hasOwn(NOTICES, done) ? { notice: request.words.text(NOTICES[done as Done]) } : {}
}
