// The units people use, each as an exact ratio to the SI unit of its kind (NIST SP 811; the yard and pound agreement of
// 1959).
import { Decimal } from 'decimal.js'
import { ToolError } from '../../authoring/tool.ts'

/** Powers of length, mass, time, temperature, data and electric current. */
export type Dimension = readonly [number, number, number, number, number, number]

/** One of it is `times / over` of the SI unit, after `shift` was added (temperatures with a zero of their own). */
export interface Unit {
  name: string
  dimension: Dimension
  times: Decimal
  over: Decimal
  /** False if the ratio itself is rounded, as pi is. */
  exact: boolean
  shift?: Decimal
}

const Exact = Decimal.clone({ precision: 100 })

const NONE: Dimension = [0, 0, 0, 0, 0, 0]
const LENGTH: Dimension = [1, 0, 0, 0, 0, 0]
const AREA: Dimension = [2, 0, 0, 0, 0, 0]
const VOLUME: Dimension = [3, 0, 0, 0, 0, 0]
const MASS: Dimension = [0, 1, 0, 0, 0, 0]
const TIME: Dimension = [0, 0, 1, 0, 0, 0]
const TEMPERATURE: Dimension = [0, 0, 0, 1, 0, 0]
const DATA: Dimension = [0, 0, 0, 0, 1, 0]
const RATE: Dimension = [0, 0, -1, 0, 1, 0]
const CURRENT: Dimension = [0, 0, 0, 0, 0, 1]
const CHARGE: Dimension = [0, 0, 1, 0, 0, 1]
const SPEED: Dimension = [1, 0, -1, 0, 0, 0]
const FREQUENCY: Dimension = [0, 0, -1, 0, 0, 0]
const FORCE: Dimension = [1, 1, -2, 0, 0, 0]
const PRESSURE: Dimension = [-1, 1, -2, 0, 0, 0]
const ENERGY: Dimension = [2, 1, -2, 0, 0, 0]
const POWER: Dimension = [2, 1, -3, 0, 0, 0]
const VOLTAGE: Dimension = [2, 1, -3, 0, 0, -1]
const RESISTANCE: Dimension = [2, 1, -3, 0, 0, -2]
const ECONOMY: Dimension = [-2, 0, 0, 0, 0, 0]

/** Names (the first is shown), kind, ratio as `times` or `times/over`, and the prefixes it is used with. */
const TABLE: Array<[names: string, dimension: Dimension, ratio: string, prefixes?: string]> = [
  ['m metre metres meter meters', LENGTH, '1', 'n µ u m c d k'],
  ['in inch inches', LENGTH, '0.0254'],
  ['ft foot feet', LENGTH, '0.3048'],
  ['yd yard yards', LENGTH, '0.9144'],
  ['mi mile miles', LENGTH, '1609.344'],
  ['nmi', LENGTH, '1852'],
  ['furlong furlongs', LENGTH, '201.168'],
  ['fathom fathoms', LENGTH, '1.8288'],
  ['mil mils', LENGTH, '0.0000254'],
  ['Å angstrom angstroms', LENGTH, '1e-10'],
  ['parsec parsecs', LENGTH, '30856775814913672.789'],
  ['au', LENGTH, '149597870700'],
  ['ly lightyear lightyears', LENGTH, '9460730472580800'],
  ['g gram grams', MASS, '1/1000', 'µ u m k'],
  ['t tonne tonnes', MASS, '1000'],
  ['lb lbs pound pounds', MASS, '0.45359237'],
  ['oz ounce ounces', MASS, '0.028349523125'],
  ['st stone', MASS, '6.35029318'],
  ['ton tons', MASS, '907.18474'],
  ['longton longtons', MASS, '1016.0469088'],
  ['ct carat carats', MASS, '0.0002'],
  ['s sec second seconds', TIME, '1', 'n µ u m'],
  ['min minute minutes', TIME, '60'],
  ['h hr hrs hour hours', TIME, '3600'],
  ['d day days', TIME, '86400'],
  ['week weeks wk', TIME, '604800'],
  ['fortnight fortnights', TIME, '1209600'],
  ['decade decades', TIME, '315569520'],
  ['century centuries', TIME, '3155695200'],
  ['month months', TIME, '2629746'],
  ['year years yr', TIME, '31556952'],
  ['K kelvin', TEMPERATURE, '1'],
  ['°C degC celsius C', TEMPERATURE, '1'],
  ['°F degF fahrenheit F', TEMPERATURE, '5/9'],
  ['°R rankine', TEMPERATURE, '5/9'],
  ['rad radian radians', NONE, '1'],
  ['% percent', NONE, '1/100'],
  ['‰ permille', NONE, '1/1000'],
  ['ppm', NONE, '1e-6'],
  ['ppb', NONE, '1e-9'],
  ['ha hectare hectares', AREA, '10000'],
  ['acre acres', AREA, '4046.8564224'],
  ['sqm', AREA, '1'],
  ['sqft', AREA, '0.09290304'],
  ['L l litre litres liter liters', VOLUME, '1/1000', 'm c d h'],
  ['cc', VOLUME, '1e-6'],
  ['gal gallon gallons', VOLUME, '0.003785411784'],
  ['qt quart quarts', VOLUME, '0.000946352946'],
  ['pt pint pints', VOLUME, '0.000473176473'],
  ['cup cups', VOLUME, '0.0002365882365'],
  ['floz', VOLUME, '0.0000295735295625'],
  ['tbsp tablespoon tablespoons', VOLUME, '0.00001478676478125'],
  ['tsp teaspoon teaspoons', VOLUME, '0.00000492892159375'],
  ['bbl barrel barrels', VOLUME, '0.158987294928'],
  ['mpg', ECONOMY, '1609.344/0.003785411784'],
  ['ukgal', VOLUME, '0.00454609'],
  ['ukpt', VOLUME, '0.00056826125'],
  ['mph', SPEED, '0.44704'],
  ['kph kmh', SPEED, '5/18'],
  ['kn knot knots', SPEED, '1852/3600'],
  ['bit bits b', DATA, '1', 'k M G T P'],
  ['B byte bytes', DATA, '8', 'k M G T P Ki Mi Gi Ti Pi'],
  ['KB', DATA, '8000'],
  ['bps', RATE, '1', 'k M G T'],
  ['A ampere amperes amp amps', CURRENT, '1', 'µ u m k'],
  ['coulomb coulombs', CHARGE, '1', 'µ m'],
  ['Ah', CHARGE, '3600', 'm'],
  ['V volt volts', VOLTAGE, '1', 'm k'],
  ['Ω ohm ohms', RESISTANCE, '1', 'k M'],
  ['Hz hertz', FREQUENCY, '1', 'k M G T'],
  ['rpm', FREQUENCY, '1/60'],
  ['N newton newtons', FORCE, '1', 'm k M'],
  ['kgf', FORCE, '9.80665'],
  ['dyn dyne dynes', FORCE, '0.00001'],
  ['lbf', FORCE, '4.4482216152605'],
  ['Pa pascal pascals', PRESSURE, '1', 'h k M G'],
  ['bar', PRESSURE, '100000', 'm'],
  ['atm', PRESSURE, '101325'],
  ['psi', PRESSURE, '4.4482216152605/0.00064516'],
  ['torr', PRESSURE, '101325/760'],
  ['inHg', PRESSURE, '3386.388640341'],
  ['mmHg', PRESSURE, '133.322387415'],
  ['J joule joules', ENERGY, '1', 'm k M G'],
  ['cal calorie calories', ENERGY, '4.184', 'k'],
  ['Wh', ENERGY, '3600', 'm k M G T'],
  ['BTU', ENERGY, '1055.05585262'],
  ['erg ergs', ENERGY, '1e-7'],
  ['therm therms', ENERGY, '105505585.262'],
  ['eV', ENERGY, '1.602176634e-19', 'k M G T'],
  ['W watt watts', POWER, '1', 'm k M G T'],
  ['hp horsepower', POWER, '745.69987158227022']
]

/** A prefix, the word for it, and its power: of ten, or of two for the binary ones. */
const PREFIXES = new Map<string, [word: string, ratio: string]>([
  ['n', ['nano', '1e-9']],
  ['µ', ['micro', '1e-6']],
  ['u', ['micro', '1e-6']],
  ['m', ['milli', '1e-3']],
  ['c', ['centi', '1e-2']],
  ['d', ['deci', '1e-1']],
  ['h', ['hecto', '1e2']],
  ['k', ['kilo', '1e3']],
  ['M', ['mega', '1e6']],
  ['G', ['giga', '1e9']],
  ['T', ['tera', '1e12']],
  ['P', ['peta', '1e15']],
  ['Ki', ['kibi', String(2 ** 10)]],
  ['Mi', ['mebi', String(2 ** 20)]],
  ['Gi', ['gibi', String(2 ** 30)]],
  ['Ti', ['tebi', String(2 ** 40)]],
  ['Pi', ['pebi', String(2 ** 50)]]
])
const SHIFTS: Record<string, string> = { '°C': '273.15', '°F': '459.67' }

const units = new Map<string, Unit>()
/** By lower case, for those who write KM or Mph; several where it would be a guess. */
const folded = new Map<string, Set<Unit>>()

function add (names: string[], unit: Unit): void {
  for (const name of names) {
    if (!units.has(name)) units.set(name, unit)
    // One letter says too little: 10M is hardly ten meters.
    if (name.length === 1) continue
    const key = name.toLowerCase()
    folded.set(key, (folded.get(key) ?? new Set()).add(unit))
  }
}

for (const [list, dimension, ratio, prefixes = ''] of TABLE) {
  const names = list.split(' ')
  const [times = '1', over = '1'] = ratio.split('/')
  const shift = SHIFTS[names[0] as string]
  const unit: Unit = {
    name: names[0] as string,
    dimension,
    times: new Exact(times),
    over: new Exact(over),
    exact: true,
    ...(shift && { shift: new Exact(shift) })
  }
  add(names, unit)
  for (const prefix of prefixes.split(' ').filter(Boolean)) {
    const [word, power] = PREFIXES.get(prefix) as [string, string]
    // Words take words: kilometre, but km.
    add(
      names.map((name) => (name.length > 3 ? word : prefix) + name),
      { ...unit, name: prefix + unit.name, times: unit.times.times(power) }
    )
  }
}
for (const [list, perTurn] of [
  ['° deg degree degrees', 360],
  ['gon gradian gradians', 400],
  ['arcmin', 21_600],
  ['arcsec', 1_296_000],
  ['turn turns', 1]
] as const) {
  const names = list.split(' ')
  add(names, {
    name: names[0] as string,
    dimension: NONE,
    times: Exact.acos(-1).times(2),
    over: new Exact(perTurn),
    exact: false
  })
}

/** @throws ToolError if the spelling could mean several units. */
export function findUnit (name: string): Unit | undefined {
  const found = units.get(name)
  if (found) return found
  const candidates = [...(folded.get(name.toLowerCase()) ?? [])]
  if (candidates.length > 1) {
    throw new ToolError(`${name} could be ${candidates.map((unit) => unit.name).join(' or ')}. Write one of them.`)
  }
  return candidates[0]
}
