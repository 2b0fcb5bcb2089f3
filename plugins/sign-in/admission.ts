// Who may come in, and as whom: the allow-list, invitations, and the one account that a person has however they sign in
// (threats LG-12, WB-11).
import type { AuthBackend, Identity } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config/index.ts'
import { accessDenied, signInExpired } from '../../errors.ts'
import { isExpired, type Interaction, type User } from './contract.ts'
import type { Invitations } from '../accounts/invitations.ts'
import type { AccountLifecycle } from '../accounts/lifecycle.ts'
import { isAllowed, type Users } from '../accounts/users.ts'

/**
 * `twin`: somebody else's record here has the identity's verified address, and the person has not shown yet that it is
 * theirs, too.
 * `addition`: it may become one more way to sign in of `user`, who has not been asked yet.
 */
export type Admission = { kind: 'user' | 'twin' | 'addition'; user: User } | { kind: 'taken' }

export interface Admissions {
  /**
   * @throws access_denied for whom the allow-list, a missing invitation or a lock keeps out, and sign_in_expired where
   * the account was
   * changed after its password was shown; nothing was written then.
   */
  admit(backend: string, identity: Identity, interaction: Interaction, way: SignInContext): Promise<Admission>
  /**
   * Makes an identity one more way of the person, who said so.
   * @returns undefined, with nothing changed, when it cannot be theirs.
   */
  add(userId: string, backend: string, identity: Identity): Promise<User | undefined>
}

/** What is known of how the person came. */
export interface SignInContext {
  /** They made the account just now, so an invitation was asked for by then. */
  signedUp?: boolean
  /** They were asked, and want an account apart from the one with the same address. */
  separate?: boolean
}

interface Options extends Pick<Config, 'allowedEmails' | 'newcomersNeedInvitation'> {
  users: Users
  lifecycle: Pick<AccountLifecycle, 'delete'>
  now: Clock
  invitations: Pick<Invitations, 'take' | 'takeHeld' | 'close'>
  /** Those in use. */
  backends: ReadonlyMap<string, AuthBackend>
}

/**
 * Whether this person could sign in with that backend as well. One click is nobody's alone, and a temporary account
 * keeps no way in.
 */
export const canAddSignInMethod = ({ endsAt, identities }: User, [id, { oneClick }]: [string, AuthBackend]): boolean =>
  endsAt === undefined && oneClick === undefined && !identities.some(({ backend }) => backend === id)

/** What was shown a moment ago, or on another page, counts while the account is as it was. @throws sign_in_expired */
async function checkGeneration (
  { accounts }: Pick<AuthBackend, 'accounts'>,
  { subject, email, generation }: Identity
): Promise<void> {
  if (!accounts) return
  const account = email === undefined ? undefined : await accounts.find(email)
  if (account?.subject !== subject || account.generation !== generation) throw signInExpired()
}

export function createAdmissions ({
  allowedEmails,
  newcomersNeedInvitation,
  users,
  lifecycle: people,
  now,
  invitations,
  backends
}: Options): Admissions {
  const checkStill = (backend: string, identity: Identity) => checkGeneration(backends.get(backend) ?? {}, identity)

  async function checkIdentity (backend: string, identity: Identity): Promise<void> {
    if (!isAllowed(allowedEmails, identity)) {
      throw accessDenied(
        'This account may not sign in here. Ask the person who runs this server to add your e-mail address.'
      )
    }
    await checkStill(backend, identity)
  }

  async function checkNewcomer (backend: string, identity: Identity, interaction: Interaction): Promise<void> {
    const { oneClick, accounts } = backends.get(backend) ?? {}
    // An account on this server was let in when it was made.
    if (!newcomersNeedInvitation || oneClick || accounts) return
    if (
      identity.email !== undefined &&
      identity.emailVerified !== false &&
      (await invitations.takeHeld(backend, identity.email))
    ) { return }
    if (await invitations.take(interaction.invite)) return
    throw accessDenied(
      'New people come in by invitation here. Ask the person who runs this server for a link, and open it in this browser.'
    )
  }

  async function mayAdd (userId: string, backend: string, identity: Identity): Promise<User | undefined> {
    const user = await users.find(userId)
    const opened = backends.get(backend)
    if (!user || user.locked || !opened || !canAddSignInMethod(user, [backend, opened])) return undefined
    return (await users.findBy({ backend, subject: identity.subject })) ? undefined : user
  }

  /** The twin that has to be asked about, if there is one. */
  async function findTwin (backend: string, { email, emailVerified }: Identity): Promise<User | undefined> {
    const twin = emailVerified && email !== undefined ? await users.findByVerifiedEmail(email) : undefined
    return twin?.identities.some((other) => other.backend !== backend && backends.has(other.backend)) ? twin : undefined
  }

  return {
    async admit (backend, identity, interaction, { signedUp, separate: apart }) {
      await checkIdentity(backend, identity)
      if (interaction.intent.kind === 'link') {
        const user = await mayAdd(interaction.intent.userId, backend, identity)
        return user ? { kind: 'addition', user } : { kind: 'taken' }
      }
      const found = await users.findBy({ backend, subject: identity.subject })
      const known = found && isExpired(found, now()) ? undefined : found
      // Their time is over and no sweep has come by yet: who comes now is somebody new.
      if (found && !known) await people.delete(found.id)
      if (!known) {
        const twin = apart ? undefined : await findTwin(backend, identity)
        if (twin) return { kind: 'twin', user: twin }
        if (!signedUp) await checkNewcomer(backend, identity, interaction)
      }
      const user = await users.signIn(backend, identity)
      if (!known && !backends.get(backend)?.oneClick) await invitations.close()
      // Looked at again: a change raises the generation before it ends the sessions, so it ends this one or is seen
      // here.
      await checkStill(backend, identity)
      const { proof } = interaction
      // Both were shown within one sign-in of one browser: they are one person.
      if (proof?.userId === user.id) {
        await checkStill(proof.backend, proof.identity)
        await users.link(user.id, proof.backend, proof.identity)
      }
      return { kind: 'user', user }
    },
    async add (userId, backend, identity) {
      await checkIdentity(backend, identity)
      const user = await mayAdd(userId, backend, identity)
      return user && (await users.link(userId, backend, identity)) ? user : undefined
    }
  }
}
