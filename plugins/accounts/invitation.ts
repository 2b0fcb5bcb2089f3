// What an invitation is: who is asked in, by whom, and until when. Its link is stored as a hash.
// Tested in test/plugins/accounts/invitations.test.ts.
import type { Email, Identity } from '../../auth-backends/contract.ts'
import { parseEmail } from '../../auth-backends/contract.ts'
import type { Language } from '../../languages/index.ts'

export const INVITATION_SECONDS = 7 * 86_400

/** What the inviter says. */
export interface NewInvitation {
  /** The only address that can use it. */
  email?: Email
  /**
   * The link goes to that mailbox and is shown to nobody: whoever opens it reads the mailbox.
   */
  isMailed?: true
  /** That the new person is put in. */
  groups: readonly string[]
  /** Of the message. */
  language: Language
  /** The id of an owner, or `operator` for a command. */
  by: string
}

/** Times are seconds since the epoch. */
export interface Invitation extends NewInvitation {
  id: string
  /** SHA-256 of the link's secret. */
  hash: string
  createdAt: number
  expiresAt: number
  usedAt?: number
  withdrawnAt?: number
  /** Of one in a list: whoever made it is no owner now. Never stored. */
  isVoid?: true
}

export type InvitationState = 'open' | 'used' | 'withdrawn' | 'expired'

export function stateOf ({ usedAt, withdrawnAt, expiresAt, isVoid }: Invitation, now: number): InvitationState {
  if (usedAt !== undefined) return 'used'
  if (withdrawnAt !== undefined) return 'withdrawn'
  return expiresAt > now && !isVoid ? 'open' : 'expired'
}

/** What a new person gets from the invitation that let them in. */
export interface Welcome {
  /** Of the invitation, and who stands for it; absent for that of the first account. */
  id?: string
  by?: string
  /** It was the one for the first account of the server. */
  isFirst?: true
  groups: readonly string[]
}

/** An address that a service has not verified could be anyone's. */
export const isFor = ({ email }: Pick<Invitation, 'email'>, identity: Pick<Identity, 'email' | 'emailVerified'>): boolean =>
  email === undefined ||
  (identity.email !== undefined && identity.emailVerified === true && parseEmail(identity.email) === email)
