// Ids of clients that register. A client without a secret is nothing but its metadata, so all that register the same
// metadata share one record: the id names the record, a random part makes it this client's own, and a keyed hash proves
// that this server issued it (RFC 7591 §3.2.1).
import { hashSecret, randomSecret, type Sealing } from '../../secrets.ts'
import type { ClientMetadata } from './registration.ts'

const MAC_PURPOSE = 'client id'
const MAC_CHARACTERS = 22 // 128 bits and more, base64url
const RANDOM_BYTES = 9
const RANDOM_CHARACTERS = (RANDOM_BYTES / 3) * 4
/** The connection attempt that registered it, and the minute, in base 36. Ids of earlier versions have neither. */
const ATTEMPT = /^([\w-]{16})([0-9a-z]{6})$/
const ATTEMPT_CHARACTERS = 16 + 6
/** How long a client that registered belongs to the connection attempt it registered in. */
const ATTEMPT_LIFETIME_SECONDS = 3_600
/** The random part of ids that earlier versions issued without a keyed hash. */
const UNPROVEN_SUFFIX = /^[\w-]{16}$/

export interface ClientIds {
  /** An id for a client without a secret. @param attempt 16 characters of base64url. @param now seconds. */
  issueShared(metadata: ClientMetadata, attempt: string, now: number): string
  /** Whether this server issued the id. */
  isIssued(id: string): boolean
  /** The connection attempt that an issued id belongs to, as long as it counts. */
  attemptOf(id: string, now: number): string | undefined
}

/** The key of the record that an id belongs to. */
export const recordKeyOf = (id: string): string => id.split('.', 1)[0]!

/** An id for a client with a secret: it has a record of its own. */
export const newConfidentialId = (): string => `mcp_client_${randomSecret(16)}`

/** Whether the id has the form that earlier versions issued: nothing proves that one was issued. */
export const isUnproven = (id: string): boolean => UNPROVEN_SUFFIX.test(suffixOf(id))

/** @param at seconds since the epoch at which the client registered. */
export const isAttemptCurrent = (at: number, now: number): boolean => now - at <= ATTEMPT_LIFETIME_SECONDS

const suffixOf = (id: string): string => id.slice(recordKeyOf(id).length + 1)

export function createClientIds (sealing: Sealing): ClientIds {
  const macOf = (id: string) => sealing.mac(MAC_PURPOSE, id).slice(0, MAC_CHARACTERS)
  const lengths = [0, ATTEMPT_CHARACTERS].map((more) => RANDOM_CHARACTERS + more + MAC_CHARACTERS)
  return {
    issueShared (metadata, attempt, now) {
      // Not the key that earlier versions made of the same metadata: their ids have no keyed hash.
      const key = hashSecret(`given out ${JSON.stringify(metadata)}`).slice(0, 32)
      const minute = Math.floor(now / 60).toString(36).padStart(6, '0')
      const id = `mcp_client_${key}.${randomSecret(RANDOM_BYTES)}${attempt}${minute}`
      return id + macOf(id)
    },
    isIssued: (id) =>
      lengths.includes(suffixOf(id).length) &&
      sealing.checkMac(MAC_PURPOSE, id.slice(0, -MAC_CHARACTERS), id.slice(-MAC_CHARACTERS)),
    attemptOf (id, now) {
      const [, attempt, minute] = ATTEMPT.exec(suffixOf(id).slice(RANDOM_CHARACTERS, -MAC_CHARACTERS)) ?? []
      return minute !== undefined && isAttemptCurrent(parseInt(minute, 36) * 60, now) ? attempt : undefined
    }
  }
}
