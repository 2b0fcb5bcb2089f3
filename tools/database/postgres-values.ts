// Values of Postgres as JSON: what a double cannot hold exactly stays the text that Postgres wrote.
import type { Value } from './contract.ts'

const BOOL = 16
const SMALL_NUMBERS = new Set([21, 23, 26, 700, 701])
const BIGINT = 20
const JSON_TYPES = new Set([114, 3802])

/** @param oid of the type. @param text as Postgres writes it. */
export function readValue (oid: number, text: string): Value {
  if (oid === BOOL) return text === 't'
  if (SMALL_NUMBERS.has(oid) || oid === BIGINT) {
    const number = Number(text)
    return Number.isFinite(number) && (oid !== BIGINT || Number.isSafeInteger(number)) ? number : text
  }
  return JSON_TYPES.has(oid) ? readJson(text) : text
}

/** A number that changes when it is read, such as a long id, becomes a text. */
function readJson (text: string): Value {
  return JSON.parse(text, ((_key: string, value: unknown, { source }: { source?: string }) =>
    typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) && !Number.isSafeInteger(value)
      ? source
      : value) as (key: string, value: unknown) => unknown)
}
