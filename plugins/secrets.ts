// The server's secret key and what is derived from it: sealing of secrets that must be readable again (AES-256-GCM) and
// keyed hashes. The first key writes, every key reads.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject
} from 'node:crypto'

const IV_BYTES = 12
const TAG_BYTES = 16

export interface Sealing {
  /** @param purpose keeps values apart: what was sealed for one purpose does not open for another. */
  seal(purpose: string, secret: Buffer): string
  /** @returns undefined when the value was altered, or sealed with a key that is no longer listed. */
  unseal(purpose: string, sealed: string): Buffer | undefined
  /** A keyed hash under the first key, base64url. */
  mac(purpose: string, message: string): string
  /** Whether `mac` is the beginning of such a hash under any key. The caller says how long it has to be. */
  checkMac(purpose: string, message: string, mac: string): boolean
}

/** @param secretKeys at least one; the first one writes. */
export function createSealing (secretKeys: readonly string[]): Sealing {
  const derive = (secret: string, purpose: string) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `mcp-oauth-server ${purpose}`, 32)))
  const cache = new Map<string, KeyObject[]>()
  const keysFor = (purpose: string): KeyObject[] => {
    const known = cache.get(purpose) ?? secretKeys.map((secret) => derive(secret, purpose))
    cache.set(purpose, known)
    return known
  }
  return {
    seal (purpose, secret) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keysFor(purpose)[0]!, iv)
      return Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    unseal (purpose, sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      // The exact text: decoding ignores characters that do not belong to it, and what is opened once has one form.
      if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined
      for (const key of keysFor(purpose)) {
        const opened = open(key, bytes)
        if (opened) return opened
      }
      return undefined
    },
    mac: (purpose, message) => macUnder(keysFor(purpose)[0]!, message),
    checkMac: (purpose, message, mac) =>
      keysFor(purpose).some((key) => equalSecrets(macUnder(key, message).slice(0, mac.length), mac))
  }
}

const macUnder = (key: KeyObject, message: string): string =>
  createHmac('sha256', key).update(message).digest('base64url')

function open (key: KeyObject, bytes: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

/** One of so many places for a name: nobody can choose whose they share, and it is the same on every instance. */
export const placeAmong = ({ mac }: Pick<Sealing, 'mac'>, purpose: string, name: string, count: number): number =>
  Buffer.from(mac(purpose, name), 'base64url').readUInt32BE() % count

/** SHA-256, base64url: how a high-entropy secret is stored. */
export const hashSecret = (secret: string): string => hash('sha256', secret, 'base64url')

/** Constant-time comparison of two strings of any length. */
export const equalSecrets = (a: string, b: string): boolean =>
  timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))

/** 256 random bits (or as many bytes as asked), base64url. */
export const randomSecret = (bytes = 32): string => randomBytes(bytes).toString('base64url')
