// How many values a result of a worker holds, counted over its bytes before V8 makes them: a few bytes that a worker sends
// may stand for an array of millions, and there is no other bound on what the server makes of them
// (V8, src/objects/value-serializer.cc; Node, lib/v8.js).
import { serialize } from 'node:v8'

/** Names and ends of objects count as well, and the length of an array. The largest answer of a database has 200,000. */
export const MAX_VALUES = 1_000_000
/** Bytes from outside V8 are read by Node, in JavaScript. */
const VIEW_VALUES = 10
/** V8 ignores what is more, and would read on where this does not. */
const MAX_VARINT_BYTES = 5

/** The version of the format, which other versions of it begin with as well. */
const HEADER = serialize(undefined).subarray(0, 2)

class Reader {
  readonly #bytes: Uint8Array
  at = HEADER.length
  values = 0

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isDone (): boolean {
    return this.at >= this.#bytes.length
  }

  byte (): number {
    return this.#bytes[this.at++] ?? NaN
  }

  varint (): number {
    let value = 0
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return value
    }
    return NaN
  }

  skip (bytes: number): void {
    this.at += bytes
  }

  refuse (): void {
    this.values = NaN
  }
}

type Step = (reader: Reader) => void
const nothing: Step = () => {}
const number: Step = (reader) => { reader.varint() }
const double: Step = (reader) => reader.skip(8)
const bytes: Step = (reader) => reader.skip(reader.varint())
const array: Step = (reader) => { reader.values += reader.varint() }
const twoNumbers: Step = (reader) => {
  reader.varint()
  reader.varint()
}
const view: Step = (reader) => {
  reader.varint()
  bytes(reader)
  reader.values += VIEW_VALUES
}

const TEXT_TAGS = 'S"c'
const text: Step = (reader) => {
  const tag = reader.byte() || reader.byte()
  if (!TEXT_TAGS.includes(String.fromCharCode(tag))) return reader.refuse()
  bytes(reader)
}
const pattern: Step = (reader) => {
  text(reader)
  reader.varint()
}
/** Its kind, words and stack. With a cause it would hold other values. */
const error: Step = (reader) => {
  for (;;) {
    const part = String.fromCharCode(reader.byte())
    if (part === '.') return
    if (part === 'm' || part === 's') text(reader)
    else if (!'EFRSTU'.includes(part)) return reader.refuse()
  }
}

/** What follows each tag, besides values with tags of their own. Those of shared memory are left out. */
const TAGS = new Map<number, Step>(Object.entries({
  '\0': nothing,
  '-': nothing,
  _: nothing,
  0: nothing,
  T: nothing,
  F: nothing,
  x: nothing,
  y: nothing,
  s: nothing,
  o: nothing,
  ';': nothing,
  "'": nothing,
  I: number,
  U: number,
  '^': number,
  a: number,
  '{': number,
  ':': number,
  ',': number,
  N: double,
  D: double,
  n: double,
  // Above the sign, how many bytes there are.
  Z: (reader) => reader.skip(Math.floor(reader.varint() / 2)),
  S: bytes,
  '"': bytes,
  c: bytes,
  B: bytes,
  A: array,
  $: twoNumbers,
  '@': twoNumbers,
  R: pattern,
  r: error,
  '\\': view
} satisfies Record<string, Step>).map(([tag, step]) => [tag.charCodeAt(0), step]))

/** @param serialized what a process says is of `v8.serialize`. @returns whether it is, and holds no more than may be returned. */
export function isBounded (serialized: Uint8Array): boolean {
  if (!HEADER.equals(serialized.subarray(0, HEADER.length))) return false
  const reader = new Reader(serialized)
  while (!reader.isDone) {
    const step = TAGS.get(reader.byte())
    if (step === undefined) return false
    step(reader)
    // Written so that what is no number is refused.
    if (!(++reader.values <= MAX_VALUES && reader.at <= serialized.length)) return false
  }
  return true
}
