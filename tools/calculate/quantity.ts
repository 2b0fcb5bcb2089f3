// Numbers with units: what may be added to what, and how one unit becomes another.
import type { Decimal } from 'decimal.js'
import { ToolError } from '../../authoring/tool.ts'
import { add, divide, multiply, negate, num, shownValue, subtract, write, type Num } from './numbers.ts'
import { findUnit, type Dimension, type Unit } from './units.ts'

export interface UnitPower {
  unit: Unit
  power: number
}

/** A number in the units it was written in; none for a plain number. */
export interface Quantity extends Num {
  units: UnitPower[]
}

const MAX_POWER = 12
const MAX_UNITS = 20

export const plain = (number: Num): Quantity => ({ ...number, units: [] })

/** One of a unit. @throws ToolError for an unknown name. */
export function unitNamed (name: string): Quantity {
  const unit = findUnit(name)
  if (!unit) throw new ToolError(`There is no unit named ${name.slice(0, 24)}.`)
  return { ...num(1), units: [{ unit, power: 1 }] }
}

function dimensionOf ({ units }: Quantity): Dimension {
  const sum = [0, 0, 0, 0, 0, 0]
  for (const { unit, power } of units) {
    unit.dimension.forEach((part, index) => {
      sum[index] = (sum[index] as number) + part * power
    })
  }
  return sum as unknown as Dimension
}

const sameDimension = (a: Quantity, b: Quantity): boolean => {
  const other = dimensionOf(b)
  return dimensionOf(a).every((part, index) => part === other[index])
}

const sameUnits = (a: UnitPower[], b: UnitPower[]): boolean =>
  a.length === b.length && a.every(({ unit, power }, index) => unit === b[index]!.unit && power === b[index]!.power)

/** A temperature on a scale whose zero is not the absolute one. */
const shiftOf = ({ units }: Quantity): Unit | undefined => units.find(({ unit }) => unit.shift)?.unit

function checkNoShift (...quantities: Quantity[]): void {
  const scale = quantities.map(shiftOf).find(Boolean)
  if (scale) {
    throw new ToolError(
      `Temperatures in ${scale.name} can only be converted, because the scale does not begin at zero. Convert to K first, as in (20 °C to K) + 5 K.`
    )
  }
}

/** What one of these units is in SI units: the upper or the lower part of the ratio. */
function ratio (units: UnitPower[], part: 'upper' | 'lower'): Num {
  return units.reduce<Num>((product, { unit, power }) => {
    const factor = num((power > 0) === (part === 'upper') ? unit.times : unit.over, unit.exact)
    for (let i = 0; i < Math.abs(power); i++) product = multiply(product, factor)
    return product
  }, num(1))
}

/** Multiplies before it divides, so that 1/3 never appears where the result is whole. */
function rescale (number: Num, from: UnitPower[], to: UnitPower[]): Num {
  const upper = multiply(ratio(from, 'upper'), ratio(to, 'lower'))
  return divide(multiply(number, upper), multiply(ratio(from, 'lower'), ratio(to, 'upper')))
}

/** @throws ToolError if they measure different things. */
export function convert (quantity: Quantity, target: Quantity): Quantity {
  if (!sameDimension(quantity, target)) {
    throw new ToolError(
      `${describe(quantity)} cannot become ${writeUnits(target.units)}: they measure different things. Check the units and the brackets; 1/2 km is read as 1/(2 km).`
    )
  }
  if (sameUnits(quantity.units, target.units)) return quantity
  const [from, to] = [shiftOf(quantity), shiftOf(target)]
  const absolute = from?.shift ? add(quantity, num(from.shift)) : quantity
  const scaled = rescale(absolute, quantity.units, target.units)
  return { ...(to?.shift ? subtract(scaled, num(to.shift)) : scaled), units: target.units }
}

function checkComparable (a: Quantity, b: Quantity): void {
  checkNoShift(a, b)
  if (!sameDimension(a, b)) {
    throw new ToolError(
      `${describe(a)} and ${describe(b)} cannot be added, subtracted or compared: they measure different things. Check the units and the brackets.`
    )
  }
}

/** For sorting: the number alone. @throws ToolError if the two cannot be compared. */
export function valueInUnitsOf (target: Quantity, quantity: Quantity): Decimal {
  checkComparable(target, quantity)
  return convert(quantity, target).value
}

/** Both in one unit: that of the left, unless only that of the right keeps the numbers exact. */
function align (a: Quantity, b: Quantity): [Quantity, Quantity] {
  checkComparable(a, b)
  if (a.units.length === 0 && b.units.length === 0) return [a, b]
  const right = convert(b, a)
  const left = right.exact ? a : convert(a, b)
  return left.exact && !right.exact ? [left, b] : [a, right]
}

/** @returns -1, 0 or 1; rounded numbers are equal if all digits that are shown agree. @throws ToolError as adding does. */
export function compareQuantities (a: Quantity, b: Quantity): number {
  const [left, right] = align(a, b)
  return left.exact && right.exact
    ? left.value.comparedTo(right.value)
    : shownValue(left).comparedTo(shownValue(right))
}

/** The sum, in the units of the first. @throws ToolError for different dimensions. */
export function addQuantities (a: Quantity, b: Quantity): Quantity {
  const [left, right] = align(a, b)
  return { ...add(left, right), units: left.units }
}

/** The difference, in the units of the first. @throws ToolError for different dimensions. */
export function subtractQuantities (a: Quantity, b: Quantity): Quantity {
  const [left, right] = align(a, b)
  return { ...subtract(left, right), units: left.units }
}

export const negateQuantity = (a: Quantity): Quantity => ({ ...negate(a), units: a.units })

/** @throws ToolError for units with an offset, such as °C. */
export function multiplyQuantities (a: Quantity, b: Quantity): Quantity {
  // 20 °C is a number beside its unit, not a product of two temperatures.
  if (!(a.units.length === 0 && shiftOf(b) && b.value.eq(1))) checkNoShift(a, b)
  return settle(multiply(a, b), [...a.units, ...b.units])
}

/** @throws ToolError for units with an offset, and for a division by zero. */
export function divideQuantities (a: Quantity, b: Quantity): Quantity {
  checkNoShift(a, b)
  return settle(divide(a, b), [...a.units, ...b.units.map(({ unit, power }) => ({ unit, power: -power }))])
}

/** The units of a power. @throws ToolError for units with an offset. */
export function raiseUnits (quantity: Quantity, power: number): UnitPower[] {
  checkNoShift(quantity)
  return settle(
    quantity,
    quantity.units.map(({ unit, power: own }) => ({ unit, power: own * power }))
  ).units
}

const TOO_MANY_UNITS = `A quantity has at most ${MAX_UNITS} different units. Convert it to fewer, as in (5 ft + 3 in) to cm.`

/** Equal units are counted together, and what cancels out leaves a plain number. */
function settle (number: Num, parts: UnitPower[]): Quantity {
  const units: UnitPower[] = []
  for (const { unit, power } of parts) {
    const known = units.find((entry) => entry.unit === unit)
    if (known) known.power += power
    else units.push({ unit, power })
  }
  const left = units.filter(({ power }) => power !== 0)
  if (left.length > MAX_UNITS) throw new ToolError(TOO_MANY_UNITS)
  if (left.some(({ power }) => !Number.isInteger(power) || Math.abs(power) > MAX_POWER)) {
    throw new ToolError(`Units have whole powers up to ${MAX_POWER}.`)
  }
  const quantity = { ...number, units: left }
  return left.length > 1 && dimensionOf(quantity).every((part) => part === 0)
    ? plain(rescale(quantity, left, []))
    : quantity
}

/** A quantity as a plain number, as functions want it: 30° is a part of pi. */
export function toPlain (quantity: Quantity, user: string): Num {
  if (quantity.units.length === 0) return quantity
  if (dimensionOf(quantity).some((part) => part !== 0)) {
    throw new ToolError(
      `${user} takes plain numbers, and ${describe(quantity)} has a unit. Divide by the unit first, as in 5 km / (1 km).`
    )
  }
  return rescale(quantity, quantity.units, [])
}

/** `kg*m/s^2`, `s^-1`, or nothing. */
export function writeUnits (units: UnitPower[]): string {
  const write = (parts: UnitPower[], sign: number) =>
    parts.map(({ unit, power }) => unit.name + (power === sign ? '' : `^${power * sign}`))
  const above = units.filter(({ power }) => power > 0)
  const below = units.filter(({ power }) => power < 0)
  return above.length === 0 ? write(below, 1).join('*') : [write(above, 1).join('*'), ...write(below, -1)].join('/')
}

const describe = (quantity: Quantity): string => {
  const number = write(quantity)
  return `${number.length > 20 ? 'A number' : number}${quantity.units.length > 0 ? ` ${writeUnits(quantity.units)}` : ' without a unit'}`
}
