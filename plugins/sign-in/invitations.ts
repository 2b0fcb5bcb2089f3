// Invitations: a link that lets one person make an account while sign-up is not open. The first account of a fresh server comes in by one.
import type { Storage } from '../storage/contract.ts'
import { hashSecret, randomSecret } from '../storage/sealing.ts'

/** Seconds. */
const INVITATION_LIFETIME = 7 * 86_400

export interface Invitations {
  /** @returns the secret of a new invitation, valid once, for a week. */
  invite (): Promise<string>
  isValid (secret: string | undefined): Promise<boolean>
  /** @returns whether it was valid; it is spent now. */
  take (secret: string | undefined): Promise<boolean>
  /** For an invitation that was taken and made no account. */
  giveBack (secret: string): Promise<void>
  /** The invitation for the first account, or undefined once somebody has made one. */
  inviteFirst (): Promise<string | undefined>
  /** Remembers that there is an account, so that no start invites a first one again. */
  close (): Promise<void>
}

export function createInvitations (storage: Storage): Invitations {
  const invitations = storage.collection<{ open: true }>('invitation')
  const opened = storage.collection<{ at: 'first account' }>('milestone')
  const put = (secret: string) => invitations.put(hashSecret(secret), { open: true }, INVITATION_LIFETIME)
  const invite = async () => {
    const secret = randomSecret()
    await put(secret)
    return secret
  }
  return {
    invite,
    isValid: async (secret) => secret !== undefined && await invitations.find(hashSecret(secret)) !== undefined,
    take: async (secret) => secret !== undefined && await invitations.take(hashSecret(secret)) !== undefined,
    giveBack: put,
    inviteFirst: async () => await opened.find('first account') === undefined ? invite() : undefined,
    close: () => opened.put('first account', { at: 'first account' }, null)
  }
}
