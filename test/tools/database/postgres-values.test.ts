// Values of Postgres as JSON, exact or as text.
import t from 'tap'
import { createValueReader, readArray, readValue } from '../../../tools/database/postgres-values.ts'

t.test('what a double holds exactly is a number, everything else stays text', (t) => {
  for (const [oid, text, value] of [
    [16, 't', true],
    [16, 'f', false],
    [23, '42', 42],
    [701, 'NaN', 'NaN'],
    [20, '9007199254740991', 9007199254740991],
    [20, '9007199254740993', '9007199254740993'],
    [1700, '0.10', '0.10'],
    [25, 'text', 'text'],
    [3802, '{"id": 9007199254740993, "n": 1.5}', { id: '9007199254740993', n: 1.5 }]
  ] as const) { t.strictSame(readValue(oid, text), value, text) }
  t.end()
})

t.test('arrays are JSON, in every way that Postgres writes them', (t) => {
  for (const [oid, text, value] of [
    [23, '{1,2,NULL}', [1, 2, null]],
    [25, '{}', []],
    [25, '{vip,"a, b","say \\"x\\"","NULL",back\\\\slash}', ['vip', 'a, b', 'say "x"', 'NULL', 'back\\slash']],
    [23, '{{1,2},{3,4}}', [[1, 2], [3, 4]]],
    [23, '[0:1]={7,8}', [7, 8]],
    [1700, '{0.10}', ['0.10']],
    [16, '{t,f}', [true, false]],
    [23, '1 2 3', '1 2 3'],
    [25, '}', '}']
  ] as const) { t.strictSame(readArray(oid, text), value, text) }
  t.end()
})

t.test('no more arrays and JSON are taken apart than an answer shows (BW-21)', (t) => {
  const [JSONB, INTEGER] = [3802, 23]
  const read = createValueReader()
  t.same(read(JSONB, undefined, '[1, 2]'), [1, 2])
  const long = `[${'1,'.repeat(2_000_000)}1]`
  t.equal(read(JSONB, undefined, long), long)
  t.equal(read(0, INTEGER, long), long)
  const half = `{${'1,'.repeat(1_000)}1}`
  const all = Array.from({ length: 2_000 }, () => read(0, INTEGER, half))
  const takenApart = all.filter((value) => Array.isArray(value))
  t.ok(takenApart.length >= 30 && takenApart.length < 100, `${takenApart.length} arrays`)
  t.equal(all.at(-1), half)
  t.equal(read(INTEGER, undefined, '42'), 42, 'other values are read in any case')
  t.end()
})

t.test('plain values are read whatever came before them, and take nothing from arrays', (t) => {
  const [TEXT, INTEGER, JSONB] = [25, 23, 3802]
  const read = createValueReader()
  for (let row = 0; row < 100; row++) read(TEXT, undefined, 'x'.repeat(2_000))
  t.same(read(JSONB, undefined, '[1, 2]'), [1, 2])
  for (let row = 0; row < 100; row++) read(JSONB, undefined, `"${'x'.repeat(2_000)}"`)
  t.equal(read(INTEGER, undefined, '42'), 42)
  t.end()
})
