// Who may come in, and as whom: the allow-list, invitations, and the one account that a person has however they sign in (threats LG-12, WB-11).
import type { Identity } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { accessDenied } from '../../errors.ts'
import { isOver, type Interaction, type User } from './contract.ts'
import type { Invitations } from './invitations.ts'
import type { People } from './people.ts'
import { isAllowed, type Users } from './users.ts'

/** `twin`: somebody else's record here has the identity's verified address, and the person has not shown yet that it is theirs, too. */
export type Admission = { kind: 'user', user: User } | { kind: 'twin', user: User } | { kind: 'taken' }

export interface Admissions {
  /** @throws access_denied for whom the allow-list, a missing invitation or a lock keeps out; nothing was written then. */
  admit (backend: string, identity: Identity, interaction: Interaction, way: Way): Promise<Admission>
}

/** What is known of how the person came. */
export interface Way {
  /** They made the account just now, so an invitation was asked for by then. */
  signedUp?: boolean
  /** They were asked, and want an account apart from the one with the same address. */
  apart?: boolean
}

interface Options extends Pick<Config, 'allowedEmails' | 'signup'> {
  users: Users
  people: Pick<People, 'delete'>
  now: Clock
  invitations: Pick<Invitations, 'take'>
  /** Whether this backend hands out accounts to whoever clicks. */
  isOneClick (backend: string): boolean
  /** Whether a person of these backends can still sign in. */
  isInUse (backend: string): boolean
}

export function createAdmissions ({ allowedEmails, signup, users, people, now, invitations, isOneClick, isInUse }: Options): Admissions {
  async function spendInvitation (invite: string | undefined): Promise<void> {
    if (!await invitations.take(invite)) throw accessDenied('New people come in by invitation here. Ask the person who runs this server for a link, and open it in this browser.')
  }

  /** The person shows who they are to `identity`, while they are signed in to the account of the errand. */
  async function link (userId: string, backend: string, identity: Identity): Promise<Admission> {
    const user = await users.find(userId)
    // One click is nobody's alone, and an account of a while keeps nobody's way in.
    if (!user || user.endsAt !== undefined || isOneClick(backend) || !await users.link(userId, { backend, subject: identity.subject })) return { kind: 'taken' }
    return { kind: 'user', user }
  }

  return {
    async admit (backend, identity, interaction, { signedUp, apart }) {
      if (!isAllowed(allowedEmails, identity)) throw accessDenied('This account may not sign in here. Ask the person who runs this server to add your e-mail address.')
      if (interaction.errand.kind === 'link') return link(interaction.errand.userId, backend, identity)
      const found = await users.findBy({ backend, subject: identity.subject })
      const known = found && isOver(found, now()) ? undefined : found
      // Their time is over and no sweep has come by yet: who comes now is somebody new.
      if (found && !known) await people.delete(found.id)
      if (!known) {
        const twin = !apart && identity.emailVerified && identity.email !== undefined ? await users.findByVerifiedEmail(identity.email) : undefined
        if (twin?.identities.some((other) => other.backend !== backend && isInUse(other.backend))) return { kind: 'twin', user: twin }
        if (signup === 'invite' && !signedUp && !isOneClick(backend)) await spendInvitation(interaction.invite)
      }
      const user = await users.signIn(backend, identity)
      const { proof } = interaction
      // Both were shown within one sign-in of one browser: they are one person.
      if (proof?.userId === user.id) await users.link(user.id, { backend: proof.backend, subject: proof.identity.subject })
      return { kind: 'user', user }
    }
  }
}
