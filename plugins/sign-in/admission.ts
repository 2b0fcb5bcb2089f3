// Who may sign in, and as whom: the allow-list, invitations, and one account for each person however they sign in
// (threats LG-12, WB-11).
import { parseEmail, type AuthBackend, type Identity } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/index.ts'
import { accessDenied, signInExpired } from '../../errors.ts'
import { hasIdentityOf, keyOf } from '../accounts/identities.ts'
import { refuseHeld, type FindHeld } from '../accounts/held-address.ts'
import { isFor, type Welcome } from '../accounts/invitation.ts'
import type { Invitations } from '../accounts/invitations.ts'
import type { AccountLifecycle } from '../accounts/lifecycle.ts'
import { isAllowed } from '../accounts/user-record.ts'
import type { Users } from '../accounts/users.ts'
import { isExpired, type Interaction, type User } from './contract.ts'

/**
 * `same-email`: another record here has the identity's verified address, and the person has not shown yet that this
 * one is theirs too. `addition`: it may become one more sign-in method of `user`, who has not been asked yet.
 * `identity-in-use`: it leads to another account.
 * `isLinked`: it became a sign-in method of somebody whom only an organization had connected until now.
 */
export type Admission =
  | { kind: 'user' | 'same-email' | 'addition'; user: User; isLinked?: true }
  | { kind: 'identity-in-use' }

export interface Admissions {
  /**
   * @throws access_denied for a person who is kept out by the allow-list, a missing invitation or a lock;
   * sign_in_expired where the account was changed after its password was shown. Nothing was written then.
   */
  admit(backend: string, identity: Identity, interaction: Interaction, context: SignInContext): Promise<Admission>
  /**
   * Makes an identity one more sign-in method of a person who has confirmed it.
   * @param isStillSignedIn asked once it is added: what ends their sessions before finds it, or is noticed here.
   * @returns undefined, with nothing changed, when it cannot be theirs. @throws sign_in_expired
   */
  add(userId: string, backend: string, identity: Identity, isStillSignedIn: () => Promise<boolean>): Promise<User | undefined>
  /**
   * Two identities that were shown within one sign-in of one browser belong to one person, once the session opens.
   * @returns the backend of the one that was added. @throws sign_in_expired as {@link Admissions.admit} does.
   */
  join(user: User, interaction: Pick<Interaction, 'proof'>): Promise<string | undefined>
}

/** How the person came. */
export interface SignInContext {
  /** They made the account just now, so its invitation has been checked. */
  signedUp?: boolean
  /** They were asked, and want an account separate from the one with the same address. */
  separate?: boolean
}

interface Deps extends Pick<Config, 'allowedEmails' | 'newcomersNeedInvitation' | 'ownerEmails' | 'signup'> {
  users: Users
  lifecycle: Pick<AccountLifecycle, 'delete'>
  now: Clock
  invitations: Pick<Invitations, 'find' | 'take' | 'findHeld' | 'dropHeld' | 'noteUser' | 'forgetUser' | 'close'>
  /** Those in use. */
  backends: ReadonlyMap<string, AuthBackend>
  organizations: ReadonlySet<string>
  findHeld: FindHeld
}

/**
 * Whether this person could sign in with that backend as well. A one-click account belongs to a browser, not to a
 * person, so nothing can be linked to it; a temporary account keeps no sign-in method.
 */
export const canAddSignInMethod = (user: User, [id, { oneClick }]: [string, AuthBackend]): boolean =>
  user.endsAt === undefined && oneClick === undefined && !hasIdentityOf(user, id)

export function createAdmissions (deps: Deps): Admissions {
  const { users, lifecycle, now, invitations, backends, findHeld } = deps

  return {
    async admit (backend, identity, interaction, { signedUp, separate }) {
      await checkIdentity(deps, backend, identity)
      if (interaction.intent.kind === 'link') {
        const user = await findAddable(deps, interaction.intent.userId, backend, identity)
        refuseHeld(user && (await findHeld(identity, user)))
        return user ? { kind: 'addition', user } : { kind: 'identity-in-use' }
      }
      const found = await users.findBy({ backend, subject: identity.subject })
      const live = found && isExpired(found, now()) ? undefined : found
      // Expired, and not swept yet: a new person signs in.
      if (found && !live) await lifecycle.delete(found.id)
      const held = await findHeld(identity, live)
      // Whoever is locked is not asked whether the account is theirs.
      if (live || separate || held === 'locked') refuseHeld(held)
      const isLinked = !live && !separate && (await linkToOrganizationPerson(deps, backend, identity))
      const known = live !== undefined || isLinked
      let welcome: Welcoming = {}
      if (!known) {
        const other = separate ? undefined : await findSameEmail(deps, backend, identity)
        if (other) return { kind: 'same-email', user: other }
        refuseHeld(held)
        welcome = await welcomeNewcomer(deps, backend, identity, interaction, signedUp)
      }
      const user = known
        ? await users.signInAgain(backend, identity)
        : await users.signIn(backend, identity, welcome.gives && whatItGives(deps, welcome.gives)).catch(async (error: unknown) => {
          await welcome.giveBack?.()
          throw error
        })
      if (!user) throw signInExpired()
      await welcome.done?.()
      if (welcome.gives?.id !== undefined) await noteInvited(deps, welcome.gives.id, user.id)
      if (!known && !backends.get(backend)?.oneClick) await invitations.close()
      // Read again: a change raises the generation before it ends the sessions, so it ends
      // this one or is seen here.
      await checkGeneration(deps, backend, identity)
      return { kind: 'user', user, ...(isLinked && { isLinked }) }
    },
    add: createAddition(deps),
    async join (user, { proof }) {
      if (proof?.isJoining !== true || proof.userId !== user.id) return undefined
      await checkGeneration(deps, proof.backend, proof.identity)
      return (await users.link(user.id, proof.backend, proof.identity)) ? proof.backend : undefined
    }
  }
}

const createAddition = (deps: Deps): Admissions['add'] => async (userId, backend, identity, isStillSignedIn) => {
  const { users, findHeld } = deps
  await checkIdentity(deps, backend, identity)
  const user = await findAddable(deps, userId, backend, identity)
  if (!user) return undefined
  // Again: the question may have been open for half an hour (threat AC-42).
  refuseHeld(await findHeld(identity, user))
  const added = keyOf({ backend, subject: identity.subject })
  const withdraw = () => users.unlink(userId, (identities) => identities.filter((one) => keyOf(one) !== added))
  let holds: boolean
  try {
    if (!(await users.link(userId, backend, identity))) return undefined
    holds = await isStillSignedIn()
  } catch (error) {
    // It may be written, and its owner would not be told of it.
    await withdraw()
    throw error
  }
  if (holds) return user
  await withdraw()
  throw signInExpired()
}

/**
 * An earlier password or link counts while the account is as it was then. @throws
 * sign_in_expired
 */
async function checkGeneration (
  { backends }: Pick<Deps, 'backends'>,
  backend: string,
  { subject, email, generation }: Identity
): Promise<void> {
  const { accounts } = backends.get(backend) ?? {}
  if (!accounts) return
  const account = email === undefined ? undefined : await accounts.find(parseEmail(email))
  if (account?.subject !== subject || account.generation !== generation) throw signInExpired()
}

async function checkIdentity (deps: Deps, backend: string, identity: Identity): Promise<void> {
  if (!isAllowed(deps.allowedEmails, identity)) {
    throw accessDenied({ key: 'sign-in.notAllowed' }).because('not_allowed')
  }
  await checkGeneration(deps, backend, identity)
}

/** What a new person comes with. */
interface Welcoming {
  gives?: Welcome
  /** When they are stored. */
  done?(): Promise<void>
  /** When they could not be stored: they come again. */
  giveBack?(): Promise<void>
}

/** @returns what the person gets from their invitation. @throws access_denied without one where it is needed. */
async function welcomeNewcomer (
  { backends, newcomersNeedInvitation, signup, invitations }: Deps,
  backend: string,
  identity: Identity,
  { invite }: Interaction,
  signedUp = false
): Promise<Welcoming> {
  const { email, emailVerified } = identity
  const { oneClick, accounts } = backends.get(backend) ?? {}
  if (oneClick) return {}
  const held = email !== undefined && emailVerified !== false ? await invitations.findHeld(backend, email) : undefined
  const done = () => invitations.dropHeld(backend, email!)
  if (held && held !== 'void') return { gives: held, done }
  // An account on this server was checked when it was made; by somebody who counts still (threat AD-21).
  if (!held && (signedUp || accounts)) return {}
  const invited = await invitations.find(invite)
  const isAnothers = invited !== undefined && !isFor(invited, identity)
  const taken = isAnothers ? undefined : await invitations.take(invite)
  if (taken) return { gives: taken, giveBack: taken.giveBack, ...(held && { done }) }
  if (accounts ? signup === 'open' : !newcomersNeedInvitation) return {}
  throw accessDenied({ key: isAnothers ? 'invitations.anothers' : 'invitations.needed' }).because('no_invitation')
}

/** A deletion takes the invitation along once the person is gone: it finds them named, or is seen here (threat AC-35). */
async function noteInvited ({ users, invitations }: Deps, id: string, userId: string): Promise<void> {
  await invitations.noteUser(id, userId)
  if (!(await users.find(userId))) await invitations.forgetUser(userId)
}

/** Whoever sets up a server that names no owner has the link that its start printed. */
const whatItGives = ({ ownerEmails }: Deps, { isFirst, groups }: Welcome): Pick<User, 'groups' | 'isOwner'> => ({
  ...(groups.length > 0 && { groups: [...groups] }),
  ...(isFirst && ownerEmails.length === 0 && { isOwner: true as const })
})

async function findAddable (
  { users, backends }: Deps,
  userId: string,
  backend: string,
  { subject }: Identity
): Promise<User | undefined> {
  const user = await users.find(userId)
  const opened = backends.get(backend)
  if (!user || user.locked || !opened || !canAddSignInMethod(user, [backend, opened])) return undefined
  return (await users.findBy({ backend, subject })) ? undefined : user
}

/** @returns the person with the same verified address, if they can be asked whether this is them. */
async function findSameEmail (
  { users, backends }: Deps,
  backend: string,
  { email, emailVerified }: Identity
): Promise<User | undefined> {
  const user = emailVerified && email !== undefined ? await users.findByVerifiedEmail(email) : undefined
  return user?.identities.some((other) => other.backend !== backend && backends.has(other.backend)) ? user : undefined
}

/**
 * A person whom only an organization has connected so far has no method here to prove. The organization is the
 * authority for their address, and this sign-in shows the same one: it becomes theirs.
 */
async function linkToOrganizationPerson (
  { users, organizations }: Deps,
  backend: string,
  identity: Identity
): Promise<boolean> {
  const { email, emailVerified } = identity
  if (!emailVerified || email === undefined) return false
  const user = await users.findByVerifiedEmail(email)
  const isTheirs = user?.identities.every((other) => organizations.has(other.backend))
  if (!isTheirs || user!.locked) return false
  return users.link(user!.id, backend, identity)
}
