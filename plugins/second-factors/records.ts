// What is stored of a person's second factors: one record a person, so that each change is one atomic step; and to whom
// a passkey belongs.
// Tested in test/plugins/second-factors/passkey-factors.test.ts.
import type { FastifyInstance } from 'fastify'
import type { Language } from '../../languages/index.ts'
import { hashSecret } from '../secrets.ts'
import { LOST_WAIT_SECONDS, type Factor } from './contract.ts'
import type { Failures } from './guesses.ts'

/**
 * How long the link in the mail about the first factor can be used: as much time for a mailbox to be read as before lost
 * factors are removed; not more, because until then whoever reads the mailbox goes around the factor.
 */
const FIRST_OPEN_SECONDS = LOST_WAIT_SECONDS

interface Named {
  id: string
  name: string
  /** Seconds since the epoch. */
  addedAt: number
  lastUsedAt?: number
}

export interface StoredPasskey extends Named {
  /** Of the authenticator, base64url. */
  credentialId: string
  /** COSE, base64url. */
  publicKey: string
  /**
   * How often it has signed, where the authenticator counts (Web Authentication §6.1.1).
   */
  counter: number
  transports?: string[]
  isBackedUp: boolean
  /** The host of PUBLIC_URL when it was made. */
  rpId: string
}

export interface StoredApp extends Named {
  /** The secret, sealed for its person. */
  sealed: string
  /**
   * The time step of the last code: neither it nor an earlier one counts again (RFC 6238
   * §5.2).
   */
  lastStep: number
}

export interface PersonFactors {
  /**
   * What authenticators know the person by: random, and nothing else here is found by it (Web
   * Authentication §14.6.1).
   */
  handle: string
  passkeys: StoredPasskey[]
  apps: StoredApp[]
  /** Keyed hashes of those that are left. */
  recoveryCodes: string[]
  failures?: Failures
  /**
   * Having lost everything, the person asked for the removal (seconds since the epoch). `id`
   * is in the link that stops it; `isTold` once each verified mailbox has taken a message with it.
   */
  lost?: { id: string; askedAt: number; language: Language; isTold?: true; isStopped?: true }
  /**
   * The factor with which an account without any began, and when it last did: who removes all and begins again voids no
   * link meanwhile.
   */
  first?: { id: string; at: number }
}

export type FactorRecords = ReturnType<typeof openRecords>

export function openRecords ({ storage, now }: Pick<FastifyInstance, 'storage' | 'now'>) {
  const people = storage.collection<PersonFactors>('secondFactors')
  const owners = storage.collection<{ userId: string }>('passkeyOwner')

  /** Of a passkey that the person has now. */
  async function findOwner (credentialId: string): Promise<string | undefined> {
    const userId = (await owners.find(hashSecret(credentialId)))?.userId
    const factors = userId === undefined ? undefined : await people.find(userId)
    return factors?.passkeys.some((passkey) => passkey.credentialId === credentialId) ? userId : undefined
  }
  const free = async (passkeys: readonly StoredPasskey[]): Promise<void> => {
    for (const { credentialId } of passkeys) await owners.delete(hashSecret(credentialId))
  }

  return {
    find: (userId: string) => people.find(userId),
    all: () => people.all(),
    findOwner,
    /**
     * Of any number of people, one gets it. @returns false where it belongs to somebody.
     */
    async claim (credentialId: string, userId: string): Promise<boolean> {
      if (await owners.create(hashSecret(credentialId), { userId }, null)) return true
      // One that was cut short left a name without a passkey.
      if ((await findOwner(credentialId)) !== undefined) return false
      await owners.put(hashSecret(credentialId), { userId }, null)
      return true
    },
    free,
    /**
     * @param decide returns the record as it should be, and what to hand back; without a factor in it, it is deleted, but
     * for how the account began, as long as that can be undone.
     */
    change: <R>(userId: string, decide: (factors: PersonFactors | undefined) => { factors?: PersonFactors; result: R }): Promise<R> =>
      people.update<R>(userId, (before) => {
        const { factors, result } = decide(before)
        if (factors === undefined || factors === before) return { result }
        const { handle, first } = factors
        if (hasFactor(factors)) return { write: { record: factors, ttl: null }, result }
        if (!isFirstOpen(first, now())) return { remove: true, result }
        const record = { handle, passkeys: [], apps: [], recoveryCodes: [], first }
        return { write: { record, ttl: first.at + FIRST_OPEN_SECONDS - now() }, result }
      }),
    async delete (userId: string): Promise<void> {
      const factors = await people.take(userId)
      if (factors) await free(factors.passkeys)
    }
  }
}

export const hasFactor = (factors: PersonFactors | undefined): factors is PersonFactors =>
  factors !== undefined && factors.passkeys.length + factors.apps.length > 0

type First = NonNullable<PersonFactors['first']>

/** Whether the link to remove it can be used. */
export const isFirstOpen = (first: First | undefined, now: number): first is First =>
  first !== undefined && first.at + FIRST_OPEN_SECONDS > now

/**
 * @param before as it was without the factor. @returns how the account begins with it; undefined where it had one.
 */
export function beginningWith ({ id, addedAt }: Named, before: PersonFactors): First | undefined {
  const { first } = before
  if (hasFactor(before)) return undefined
  return { id: isFirstOpen(first, addedAt) ? first.id : id, at: addedAt }
}

/**
 * After one was shown: no guess counts any more, and whoever has it has not lost everything.
 */
export const afterProof = ({ failures: _, ...factors }: PersonFactors): PersonFactors => withoutRequest(factors)

/** What was asked for does not happen. When it was asked stays known. */
export const withoutRequest = (factors: PersonFactors): PersonFactors =>
  factors.lost ? { ...factors, lost: { ...factors.lost, isStopped: true } } : factors

/** Oldest first, without what is secret. @param rpId the host of PUBLIC_URL now. */
export function describeFactors (factors: PersonFactors | undefined, rpId: string): Factor[] {
  const common = ({ id, name, addedAt, lastUsedAt }: Named) => ({ id, name, addedAt, ...(lastUsedAt !== undefined && { lastUsedAt }) })
  const passkeys = (factors?.passkeys ?? []).map((passkey): Factor => ({
    ...common(passkey),
    kind: 'passkey',
    isBackedUp: passkey.isBackedUp,
    ...(passkey.rpId !== rpId && { madeFor: passkey.rpId })
  }))
  const apps = (factors?.apps ?? []).map((app): Factor => ({ ...common(app), kind: 'app' }))
  return [...passkeys, ...apps].sort((a, b) => a.addedAt - b.addedAt)
}
