// The format of access keys: a prefix that secret scanners know, the id of the record, a secret,
// and a checksum, so that what is no key, or was copied in part, never reaches storage (as
// GitHub's tokens; docs/access-keys.md).
import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const KEY_PREFIX = 'mcp_key_'

/** In the order of their value. No character among them ends the selection of a double click. */
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_CHARS = 16 // 95 bits
const SECRET_CHARS = 32 // 190 bits
const CHECKSUM_CHARS = 6 // 62 ** 6 is more than 2 ** 32
/** The largest multiple of 62 in a byte: what is above it would make some digits more likely. */
const UNBIASED = 248

const [ID, SECRET, CHECKSUM] = [ID_CHARS, SECRET_CHARS, CHECKSUM_CHARS].map(
  (count) => `[0-9A-Za-z]{${count}}`
)
const PATTERN = new RegExp(`^(${KEY_PREFIX}(${ID})${SECRET})(${CHECKSUM})$`)

/** Whether a token claims to be an access key. */
export const isAccessKey = (token: string): boolean => token.startsWith(KEY_PREFIX)

export function newKey (): { id: string; secret: string } {
  const id = randomDigits(ID_CHARS)
  const unchecked = KEY_PREFIX + id + randomDigits(SECRET_CHARS)
  return { id, secret: unchecked + checksum(unchecked) }
}

/** @returns the id of the record; undefined for anything this server cannot have issued. */
export function parseKey (token: string): string | undefined {
  const [, unchecked, id, sum] = PATTERN.exec(token) ?? []
  return unchecked !== undefined && checksum(unchecked) === sum ? id : undefined
}

/** CRC-32 of everything before it, in base 62, filled up with zeros. */
function checksum (unchecked: string): string {
  let rest = crc32(unchecked)
  let digits = ''
  while (digits.length < CHECKSUM_CHARS) {
    digits = DIGITS[rest % DIGITS.length]! + digits
    rest = Math.floor(rest / DIGITS.length)
  }
  return digits
}

function randomDigits (count: number): string {
  let digits = ''
  while (digits.length < count) {
    const usable = randomBytes(count).filter((byte) => byte < UNBIASED)
    for (const byte of usable) digits += DIGITS[byte % DIGITS.length]!
  }
  return digits.slice(0, count)
}
