// The rules for a new password: long enough, not cut, and not among the first that an attacker tries. NIST SP 800-63B-4
// §3.1.1.2.

import type { Text } from '../languages/index.ts'

const MIN_LENGTH = 8
/**
 * 800-63B asks for 64 at least. Longer ones are refused, never cut, and never hashed: hashing 500 KB is work for an
 * attacker to hand out.
 */
const MAX_LENGTH = 128

/** §3.1.1.2: each Unicode code point counts as one character. */
export const isTooLong = (password: string): boolean =>
  password.length > 2 * MAX_LENGTH || [...password].length > MAX_LENGTH

/**
 * Words and finger walks that passwords are made of; decorations around them (`P@ssw0rd1!`) are taken off before the
 * comparison.
 */
const COMMON = new Set(
  `
  password passwort passw passwords passphrase passcode pass word letmein welcome changeme default secret topsecret admin administrator
  root toor user username login guest test testing tester temp temporary demo example sample server
  qwerty qwertz azerty qwertyui qwertyuiop qwertzuiop asdfgh asdfghjk asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc qweasd qweasdzxc
  1q2w3e4r 1q2w3e4r5t q2w3e4r 1qaz2wsx qaz2wsx zaq12wsx abcd abcdef abc 1234567890 12345678910 0987654321 11223344 12344321 87654321
  iloveyou loveyou love sunshine princess football baseball basketball soccer hockey dragon monkey master shadow superman batman
  starwars pokemon trustno michael jennifer jordan charlie daniel thomas whatever computer internet freedom summer winter spring autumn
  january february march april june july august september october november december monday friday google facebook chatgpt
  correcthorsebatterystaple`
    .split(/\s+/)
    .filter(Boolean)
)

const LOOKALIKES: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i'
}

/**
 * `P@ssw0rd1!` → `password`: small letters, digits and signs off both ends, look-alikes back
 * to letters.
 */
function bareWord (password: string): string {
  const bare = password.toLowerCase().replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return bare.replace(/[013457@$!]/g, (sign) => LOOKALIKES[sign] ?? sign).replace(/[\s._-]/g, '')
}

/**
 * `12345678`, `abcdefgh`, `87654321`: every character is the neighbor of the one before.
 */
function isRun (characters: string[]): boolean {
  const steps = characters
    .slice(1)
    .map((character, index) => character.codePointAt(0)! - characters[index]!.codePointAt(0)!)
  return Math.abs(steps[0] ?? 0) <= 1 && steps.every((step) => step === steps[0])
}

/**
 * What is left of the password without the parts that anyone who knows the address can guess.
 */
function beyondAddress (password: string, email: string): string {
  const local = email.slice(0, email.indexOf('@'))
  const rest = password.toLowerCase().replaceAll(email, '')
  return local.length >= 3 ? rest.replaceAll(local, '') : rest
}

/**
 * @param email as `parseEmail` spells it, as context that must not be the password.
 * @returns what is wrong, for the person who typed it; undefined when the password will do.
 */
export function passwordProblem (password: string, email: string): Text | undefined {
  if (isTooLong(password)) return { key: 'sign-up.longPassword', values: { max: MAX_LENGTH } }
  const characters = [...password]
  if (characters.length < MIN_LENGTH) return { key: 'sign-up.shortPassword', values: { min: MIN_LENGTH } }
  if (new Set(characters).size < 4 || isRun(characters)) return { key: 'sign-up.countingPassword' }
  if ([...beyondAddress(password, email)].length < MIN_LENGTH) return { key: 'sign-up.addressPassword' }
  if (COMMON.has(password.toLowerCase()) || COMMON.has(bareWord(password))) return { key: 'sign-up.commonPassword' }
  return undefined
}
