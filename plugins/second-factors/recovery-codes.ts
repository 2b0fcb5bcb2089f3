// Recovery codes: for the day on which a person has no other factor. Each counts once, and only a keyed hash is stored
// (NIST SP 800-63B-4 §3.1.2). 50 random bits: nobody guesses one at the pace of a network.
import { randomInt } from 'node:crypto'
import type { Sealing } from '../secrets.ts'
import { RECOVERY_CODES } from './contract.ts'

/** Without the letters that are read as digits (Crockford's base 32). */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const LENGTH = 10
const MAX_TYPED_CHARS = 64

/** What was typed as a code, in one spelling. */
export type TypedCode = { kind: 'app'; digits: string } | { kind: 'recovery code'; code: string }

/** @returns undefined for what can be no code. */
export function readCode (typed: string): TypedCode | undefined {
  if (typed.length > MAX_TYPED_CHARS) return undefined
  const plain = typed.normalize('NFKC').toLowerCase().replaceAll(/[\s\p{Pd}\p{Cf}._]/gu, '')
  if (/^\d{6}$/.test(plain)) return { kind: 'app', digits: plain }
  const code = plain.replaceAll('o', '0').replaceAll(/[il]/g, '1')
  return code.length === LENGTH && [...code].every((letter) => ALPHABET.includes(letter)) ? { kind: 'recovery code', code } : undefined
}

/** @returns as they are shown, and as they are stored. */
export function makeRecoveryCodes (sealing: Sealing, userId: string): { shown: string[]; stored: string[] } {
  const codes = Array.from({ length: RECOVERY_CODES }, () =>
    Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  )
  return {
    shown: codes.map((code) => `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`),
    stored: codes.map((code) => sealing.mac('recovery code', messageOf(userId, code)))
  }
}

/**
 * @returns those that are left without this one; undefined where it is none of them. Takes as
 * long for each.
 */
export function withoutCode (sealing: Sealing, userId: string, stored: readonly string[], code: string): string[] | undefined {
  const left = stored.filter((mac) => !sealing.checkMac('recovery code', messageOf(userId, code), mac))
  return left.length < stored.length ? left : undefined
}

const messageOf = (userId: string, code: string): string => JSON.stringify([userId, code])
