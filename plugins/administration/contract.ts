// What owners on their pages, and the operator by commands, do with people: the same functions, each audited with who did
// it.
// This room owns the rules of who may do what to whom; ../accounts, ../oauth/grants and ../access-keys do it.
// Types only.
import type { FastifyRequest } from 'fastify'
import type { Language } from '../../languages/index.ts'
import type { AccessKey } from '../access-keys/contract.ts'
import type { Invitation } from '../accounts/invitation.ts'
import { BY_OPERATOR } from '../accounts/owners.ts'
import type { Grant } from '../oauth/grants/contract.ts'
import type { User } from '../sign-in/contract.ts'

/** Who does it. */
export interface Actor {
  /**
   * The id of an owner, or `operator` for a command: the rules of owners are not for the
   * operator.
   */
  by: string
  /** Of an owner. */
  request?: FastifyRequest
}

export const OPERATOR: Actor = { by: BY_OPERATOR }

/**
 * Each throws invalid_request, with nothing done, where there is no such person; access_denied
 * where it is not allowed.
 */
export interface PeopleActions {
  /**
   * Ends their sessions, apps and keys, and blocks the sign-in. @returns the person as they
   * are then.
   */
  lock(actor: Actor, userId: string): Promise<User>
  unlock(actor: Actor, userId: string): Promise<User>
  signOutEverywhere(actor: Actor, userId: string): Promise<User>
  /** @returns the person as they were. */
  delete(actor: Actor, userId: string): Promise<User>
  addToGroup(actor: Actor, userId: string, group: string): Promise<User>
  /** @throws invalid_request also for a group that others put them in. */
  removeFromGroup(actor: Actor, userId: string, group: string): Promise<User>
  /** All of them, with the recovery codes and every session. */
  removeFactors(actor: Actor, userId: string): Promise<User>
  /**
   * A link to choose a password, to hand over. @returns undefined for an address without an
   * account here.
   */
  issueResetLink(actor: Actor, address: string): Promise<string | undefined>
  /**
   * Where this server sends mail, the link goes to the account's mailbox and is shown to
   * nobody.
   */
  resetPassword(actor: Actor, userId: string): Promise<{ sentTo: string } | { link: string }>
}

export interface OwnerActions {
  makeOwner(actor: Actor, userId: string): Promise<User>
  /** @throws access_denied for one of OWNER_EMAIL, and for the last one. */
  unmakeOwner(actor: Actor, userId: string): Promise<User>
  isOwner(user: User): boolean
  /** OWNER_EMAIL names them. */
  isNamedOwner(user: User): boolean
}

export interface AccessActions {
  /** Ends one app of a person. */
  endGrant(actor: Actor, userId: string, grantId: string): Promise<Grant>
  /** Ends an app of everyone. @returns how many had it. */
  endApp(actor: Actor, clientId: string): Promise<number>
  revokeKey(actor: Actor, keyId: string): Promise<AccessKey>
}

export interface InvitationRequest {
  email?: string | undefined
  groups: readonly string[]
  language: Language
}

/** What became of it: `link` is absent where it was mailed. */
export interface Invited {
  invitation: Invitation
  link?: string
}

export interface InvitationActions {
  /** @throws invalid_request with what is wrong with an address or a group. */
  invite(actor: Actor, asked: InvitationRequest): Promise<Invited>
  /** The link before is void. */
  resendInvitation(actor: Actor, id: string): Promise<Invited>
  withdrawInvitation(actor: Actor, id: string): Promise<Invitation>
}

export type Administration = PeopleActions & OwnerActions & AccessActions & InvitationActions
