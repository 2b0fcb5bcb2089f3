// The count of values in what a worker returns, before V8 makes them.
import { deserialize, serialize } from 'node:v8'
import t from 'tap'
import { isBounded, MAX_VALUES } from '../../../plugins/workers/values.ts'

const HEADER = serialize(0).subarray(0, 2)
/** 31,457,280 in five bits after four times seven: a length. */
const MILLIONS = Buffer.from([0x80, 0x80, 0x80, 0x0f])

t.test('what tasks return can be counted', (t) => {
  const shared = { a: 1 }
  const sparse = [1]
  sparse[1_000] = 2
  const holes = [1, 2, 3]
  delete holes[1]
  const mixed = Object.assign([1, 2], { name: 'x' })
  for (const value of [
    undefined,
    null,
    true,
    [false, -1, 2 ** 31, 0.5, NaN, 2n ** 200n, -3n, 0n],
    'plain',
    'Ünïcode',
    ['a', '漢字', 'ab', '漢', '😀'],
    { a: { b: [{}, [], { 5: 'five' }] } },
    [shared, shared],
    sparse,
    holes,
    [/a+/gi, /漢/],
    [new TypeError('x'), new Error()],
    mixed,
    new Date(0),
    new Map([['a', new Set([1, {}])]]),
    Buffer.from('bytes'),
    [new Float32Array([1, 2]), new Uint8Array(3).buffer],
    Object(1),
    Object('text'),
    Object(true),
    'x'.repeat(100_000),
    '漢'.repeat(100_000),
    Array.from({ length: 500 }, () => Array(199).fill(7))
  ]) {
    const bytes = serialize(value)
    t.ok(isBounded(bytes), JSON.stringify(bytes.subarray(0, 20).toString()))
    t.same(deserialize(bytes), value)
  }
  t.end()
})

t.test('what would take the server more than it is worth is not made (WS-02)', (t) => {
  const many = Array(Math.ceil(MAX_VALUES / 3)).fill(0)
  for (const [what, bytes] of Object.entries({
    'many objects': serialize(Array.from(many, () => ({}))),
    'many members': serialize(many.map(() => ({ a: 0 }))),
    'arrays that are announced': Buffer.concat([
      HEADER,
      ...Array(30).fill(Buffer.concat([Buffer.from('A'), MILLIONS]))
    ]),
    'a number without an end': Buffer.concat([
      HEADER,
      Buffer.from('A'),
      Buffer.alloc(20, 0x80),
      Buffer.from([1])
    ]),
    'a text beyond the end': Buffer.concat([
      HEADER, Buffer.from('"'), MILLIONS
    ]),
    'another version': Buffer.from([0xff, 0x09, 0x30]),
    'a number that is cut off': Buffer.concat([HEADER, Buffer.from('I\x80', 'latin1')]),
    'a pattern of no text': Buffer.concat([HEADER, Buffer.from('R0\0\0')]),
    'an error whose words are none': Buffer.concat([HEADER, Buffer.from('rm0\0.')]),
    'a tag that is not known': Buffer.concat([HEADER, Buffer.from('?')]),
    'an error of another': serialize(new Error('x', { cause: {} })),
    nothing: Buffer.alloc(2)
  })) t.notOk(isBounded(bytes), what)
  t.end()
})
