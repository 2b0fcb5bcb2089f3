// Values of Postgres as JSON: what a double cannot hold exactly stays the text that Postgres wrote.
import { MAX_VALUE_LENGTH } from './answer.ts'
import type { Value } from './contract.ts'

const BOOL = 16
const SMALL_NUMBERS = new Set([21, 23, 26, 700, 701])
const BIGINT = 20
const JSON_TYPES = new Set([114, 3802])

/** The name of a type, and the element type of an array. */
export interface PgType {
  name: string
  /** The oid of an array's elements. */
  element?: number
}

/** Characters of arrays and JSON that are taken apart for one answer: more of them would not fit into it. */
const MAX_TAKEN_APART = 120_000

/**
 * @returns what reads the values of one answer. A long array or JSON, and all beyond what an answer holds, stays the text
 * that Postgres wrote: only its beginning is shown.
 */
export function createValueReader (): (oid: number, element: number | undefined, text: string) => Value {
  let left = MAX_TAKEN_APART
  return (oid, element, text) => {
    if (element === undefined && !JSON_TYPES.has(oid)) return readValue(oid, text)
    if (text.length > Math.min(MAX_VALUE_LENGTH, left)) return text
    left -= text.length
    return element === undefined ? readValue(oid, text) : readArray(element, text)
  }
}

/** `{1,2}`, `{{a,"b c"},{NULL,d}}` or `[0:1]={1,2}` (PostgreSQL "Array Input and Output Syntax"). */
const ARRAY_TOKEN = /[{},]|"(?:[^"\\]|\\.)*"|(?:[^{},"\\]|\\.)+/gsy

/** @returns the text itself if it is not an array. */
export function readArray (element: number, text: string): Value {
  const body = text.replace(/^(?:\[-?\d+:-?\d+\])+=/, '')
  const root: Value[] = []
  const open = [root]
  for (const [token] of body.matchAll(ARRAY_TOKEN)) {
    if (token === ',') continue
    if (token === '}') {
      open.pop()
      if (open.length === 0) return text
    } else if (token === '{') {
      const inner: Value[] = []
      open.at(-1)!.push(inner)
      open.push(inner)
    } else open.at(-1)!.push(readElement(element, token))
  }
  return open.length === 1 && root.length === 1 && Array.isArray(root[0]) ? root[0] : text
}

function readElement (element: number, token: string): Value {
  if (token === 'NULL') return null
  const quoted = token.startsWith('"')
  return readValue(element, (quoted ? token.slice(1, -1) : token).replaceAll(/\\(.)/gs, '$1'))
}

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
