// Invitations: a link lets one new person in where sign-up is closed. The first account of a fresh server is made with
// one that every start issues again.
import { parseEmail } from '../../auth-backends/contract.ts'
import type { Clock } from '../../clock.ts'
import { hashSecret, randomSecret } from '../secrets.ts'
import type { Collection, Storage } from '../storage/contract.ts'

const LIFETIME_SECONDS = 7 * 86_400

/** An invitation that has just been used. */
export interface TakenInvitation {
  /** When no account was made: it is valid again, for as long as before. */
  giveBack(): Promise<void>
}

export interface Invitations {
  /** @returns the secret of a new invitation, valid once, for a week. */
  invite(): Promise<string>
  isValid(secret: string | undefined): Promise<boolean>
  /** @returns undefined when it is not valid. Of any number of callers one gets it. */
  take(secret: string | undefined): Promise<TakenInvitation | undefined>
  /**
   * A person with an invitation has made an account at a service, and signs in once they have confirmed the address
   * there.
   */
  hold(backend: string, email: string): Promise<void>
  /** @returns whether an invitation was held for this address. */
  takeHeld(backend: string, email: string): Promise<boolean>
  /**
   * The invitation for the first account, replacing those of earlier starts; undefined once there is an account.
   */
  inviteFirst(): Promise<string | undefined>
  /** Records that there is an account: the invitation for a first one is void from now on. */
  close(): Promise<void>
}

interface Invitation {
  expiresAt: number
}

export function createInvitations (storage: Storage, now: Clock): Invitations {
  const invitations = storage.collection<Invitation>('invitation')
  const held = storage.collection<Invitation>('heldInvitation')
  const first = createFirst(storage, now)

  const put = async (into: Collection<Invitation>, id: string, expiresAt = now() + LIFETIME_SECONDS) =>
    into.put(id, { expiresAt }, Math.max(1, expiresAt - now()))
  const isLive = (invitation: Invitation | undefined): invitation is Invitation =>
    invitation !== undefined && invitation.expiresAt > now()
  const heldId = (backend: string, email: string) => hashSecret(JSON.stringify([backend, parseEmail(email)]))

  return {
    async invite () {
      const secret = randomSecret()
      await put(invitations, hashSecret(secret))
      return secret
    },
    async isValid (secret) {
      if (secret === undefined) return false
      const id = hashSecret(secret)
      return isLive(await invitations.find(id)) || first.isValid(id)
    },
    async take (secret) {
      if (secret === undefined) return undefined
      const id = hashSecret(secret)
      const taken = await invitations.take(id)
      if (!isLive(taken)) return first.take(id)
      return { giveBack: () => put(invitations, id, taken.expiresAt) }
    },
    hold: (backend, email) => put(held, heldId(backend, email)),
    takeHeld: async (backend, email) => isLive(await held.take(heldId(backend, email))),
    inviteFirst: first.invite,
    close: first.close
  }
}

/** One record, so that a new invitation replaces the one before. */
function createFirst (storage: Storage, now: Clock) {
  const ID = 'first account'
  const store = storage.collection<Invitation & { id: string }>('firstInvitation')
  const milestones = storage.collection<{ at: typeof ID }>('milestone')
  const isClosed = async () => (await milestones.find(ID)) !== undefined
  const write = (id: string, expiresAt: number) => store.put(ID, { id, expiresAt }, Math.max(1, expiresAt - now()))

  return {
    async isValid (id: string): Promise<boolean> {
      const found = await store.find(ID)
      return found?.id === id && found.expiresAt > now() && !(await isClosed())
    },
    async take (id: string): Promise<TakenInvitation | undefined> {
      if (await isClosed()) return undefined
      const taken = await store.update<Invitation | undefined>(ID, (found) =>
        found?.id === id && found.expiresAt > now() ? { remove: true, result: found } : { result: undefined }
      )
      return taken && { giveBack: () => write(id, taken.expiresAt) }
    },
    async invite (): Promise<string | undefined> {
      if (await isClosed()) return undefined
      const secret = randomSecret()
      await write(hashSecret(secret), now() + LIFETIME_SECONDS)
      return secret
    },
    async close (): Promise<void> {
      await milestones.put(ID, { at: ID }, null)
      await store.delete(ID)
    }
  }
}
