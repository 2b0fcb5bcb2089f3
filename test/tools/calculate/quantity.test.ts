// Numbers with units: what may be added to what, and the bounds of a unit.
import t, { type Test } from 'tap'
import { num } from '../../../tools/calculate/numbers.ts'
import {
  addQuantities,
  convert,
  divideQuantities,
  multiplyQuantities,
  plain,
  raiseUnits,
  toPlain,
  unitNamed,
  valueInUnitsOf,
  writeUnits
} from '../../../tools/calculate/quantity.ts'
import { withAllowance } from '../../../tools/calculate/work.ts'

const of = (value: number, unit: string) => multiplyQuantities(plain(num(value)), unitNamed(unit))
/** All work with numbers is paid for. */
const test = (name: string, work: (t: Test) => void) => t.test(name, async (t) => withAllowance(() => work(t)))

test('a sum is in the unit of the left, unless only that of the right keeps it exact', (t) => {
  const written = ({ value, units }: ReturnType<typeof of>) => `${value} ${writeUnits(units)}`
  t.equal(written(addQuantities(of(1, 'km'), of(500, 'm'))), '1.5 km')
  t.equal(written(addQuantities(of(10, 'cm'), of(1, 'in'))), '12.54 cm')
  const sum = addQuantities(of(1, 'in'), of(1, 'cm'))
  t.same([written(sum), sum.exact], ['3.54 cm', true])
  t.equal(valueInUnitsOf(of(1, 'm'), of(2, 'km')).toNumber(), 2_000)
})

test('what measures different things is neither added nor converted', (t) => {
  for (const work of [
    () => addQuantities(of(1, 'km'), of(1, 'kg')),
    () => addQuantities(of(1, 'km'), plain(num(1))),
    () => convert(of(1, 'm'), unitNamed('s')),
    () => toPlain(of(1, 'km'), 'ln')
  ]) {
    t.throws(work, { name: 'ToolError' })
  }
})

test('a temperature beside its scale is no product; anything else with it is refused', (t) => {
  t.equal(convert(of(20, '°C'), unitNamed('K')).value.toNumber(), 293.15)
  for (const work of [
    () => addQuantities(of(20, '°C'), of(5, '°C')),
    () => multiplyQuantities(of(20, '°C'), plain(num(2))),
    () => divideQuantities(of(20, '°C'), of(1, 's')),
    () => raiseUnits(unitNamed('°C'), 2)
  ]) {
    t.throws(work, { name: 'ToolError', message: /Convert to K first/ })
  }
})

test('powers of a unit are whole and go up to 12, and what cancels out is a plain number', (t) => {
  t.equal(writeUnits(raiseUnits(unitNamed('m'), 12)), 'm^12')
  for (const power of [13, -13, 0.5]) {
    t.throws(() => raiseUnits(unitNamed('m'), power), { name: 'ToolError', message: /whole powers up to 12/ })
  }
  t.same(divideQuantities(of(3, 'km'), of(500, 'm')).units, [])
  t.equal(divideQuantities(of(3, 'km'), of(500, 'm')).value.toNumber(), 6)
  t.equal(writeUnits(divideQuantities(plain(num(1)), of(5, 's')).units), 's^-1')
  t.equal(writeUnits(divideQuantities(of(1, 'kg'), multiplyQuantities(of(1, 'm'), of(1, 's'))).units), 'kg/m/s')
})

test('a unit that there is not is named, cut to what a message holds', (t) => {
  t.throws(() => unitNamed('x'.repeat(30)), { name: 'ToolError', message: `There is no unit named ${'x'.repeat(24)}.` })
})
