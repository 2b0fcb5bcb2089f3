// The constants an expression may use: of mathematics, of physics (CODATA 2018, exact by definition of the SI), and the
// words for large numbers.
// Tested in test/tools/calculate/expressions.test.ts.
import { num, Rounded, type Num } from './numbers.ts'
import { plain, unitNamed, type Quantity } from './quantity.ts'

export const PI = num(Rounded.acos(-1), false)

const MATHEMATICS: Array<[string, Num]> = [
  ['pi', PI],
  ['tau', num(Rounded.acos(-1).times(2), false)],
  ['e', num(Rounded.exp(1), false)],
  ['phi', num(new Rounded(5).sqrt().plus(1).div(2), false)]
]

/** They belong to the number before them, as units do: 6 million / 2 million is 3. */
const MULTIPLIERS: Array<[string, Num]> = [
  ['dozen', num(12)],
  ['hundred', num(100)],
  ['thousand', num(1e3)],
  ['million', num(1e6)],
  ['billion', num(1e9)],
  ['trillion', num(1e12)]
]

/** Case matters for these letters: C is a temperature, and G a prefix. */
const PHYSICS: Array<[string, value: string, units: Array<[unit: string, power: number]>]> = [
  ['c', '299792458', [['m', 1], ['s', -1]]],
  ['g0', '9.80665', [['m', 1], ['s', -2]]],
  ['planck', '6.62607015e-34', [['J', 1], ['s', 1]]],
  ['boltzmann', '1.380649e-23', [['J', 1], ['K', -1]]],
  ['avogadro', '6.02214076e23', []],
  ['qe', '1.602176634e-19', [['A', 1], ['s', 1]]]
]

const constants = new Map<string, Quantity>([
  ...[...MATHEMATICS, ...MULTIPLIERS].map(([name, value]): [string, Quantity] => [name, plain(value)]),
  ...PHYSICS.map(([name, value, units]): [string, Quantity] => [
    name,
    { ...num(value), units: units.map(([unit, power]) => ({ ...unitNamed(unit).units[0]!, power })) }
  ])
])
const insensitive = new Set([...MATHEMATICS, ...MULTIPLIERS].map(([name]) => name))

export const constantNames = [...constants.keys()]
export const findConstant = (name: string): Quantity | undefined =>
  constants.get(insensitive.has(name.toLowerCase()) ? name.toLowerCase() : name)
export const isConstant = (name: string): boolean => findConstant(name) !== undefined
export const isMultiplier = (name: string): boolean => MULTIPLIERS.some(([multiplier]) => multiplier === name.toLowerCase())
