// What an access key is: a long-lived credential that a person makes for a program without a
// browser, such as a CI job or n8n. It is sent as a bearer token (RFC 6750 §2.1) and stands for
// the person, within its scopes and until its end.
// This room owns the keys: their format, records and lists, and what each of them allows now.
// It hands verified access to the bearer check. Pages, commands and mail are others' business.
// Types only, and the bounds.
import type { Access } from '../oauth/grants/contract.ts'

export const MAX_KEYS_PER_PERSON = 50
export const DEFAULT_DAYS = 90
export const MAX_DAYS = 366

/** One record for each key. Times are seconds since the epoch. */
export interface AccessKey {
  /** Part of the key itself: whose key was found somewhere is known by its beginning. */
  id: string
  /** SHA-256 of the whole key, base64url. The key itself is stored nowhere. */
  hash: string
  userId: string
  /** As the person or the operator called it, safe to show. */
  name: string
  scopes: string[]
  createdAt: number
  endsAt: number
  /** The backend of the session that made it. Absent where the operator made it. */
  backend?: string
  lastUse?: KeyUse
}

export interface KeyUse {
  at: number
  /** As in the audit log: the whole address for IPv4, the /64 network for IPv6. */
  address: string
}

export interface NewAccessKey extends Pick<AccessKey, 'userId' | 'name' | 'scopes'> {
  /** 1 to {@link MAX_DAYS}. A temporary account's key ends with the account. */
  days: number
  backend?: string
  /**
   * Whether the session that asked for it still exists. Asked once the key is listed and
   * written: an end of the session before that finds the key, or is noticed here. Without it,
   * whether the person may still have a key.
   */
  isStillSignedIn?(): Promise<boolean>
}

export interface AccessKeys {
  /**
   * @returns the record, and the key in clear, which is never shown again.
   * @throws invalid_request where the person has {@link MAX_KEYS_PER_PERSON}; sign_in_expired
   * when the person or the session has ended meanwhile. No key is left then.
   */
  create(key: NewAccessKey): Promise<{ key: AccessKey; secret: string }>
  /** @returns undefined for anything other than a valid key. */
  verify(token: string): Access | undefined | Promise<Access | undefined>
  /**
   * Whether a verified key still allows what it did: for what outlives its request. The person
   * in it becomes what they are now.
   * @throws StorageUnavailable.
   */
  stillAllows(access: Access): boolean | Promise<boolean>
  /** Notes that a key was used, at most once a minute. Never waits and never throws. */
  noteUse(access: Access, address: string): void
  /** Newest first. */
  listByUser(userId: string): Promise<AccessKey[]>
  /** In no order. For an operator's command, never in a request. */
  all(): AsyncIterable<AccessKey>
  /** @returns the key as it was; undefined when there is none. */
  revoke(id: string): Promise<AccessKey | undefined>
  /** @param which of the person's keys; without it, all. @returns them as they were. */
  revokeAllOf(userId: string, which?: (key: AccessKey) => boolean): Promise<AccessKey[]>
}
