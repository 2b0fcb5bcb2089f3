// Statistics of a list of quantities, with their unit: averages, spread, and percentiles.
// Tested in test/tools/calculate/expressions.test.ts.
import { ToolError } from '../../authoring/tool.ts'
import { divide, num, squareRoot } from './numbers.ts'
import {
  addQuantities,
  divideQuantities,
  multiplyQuantities,
  plain,
  raiseUnits,
  subtractQuantities,
  toPlain,
  valueInUnitsOf,
  type Quantity
} from './quantity.ts'

type List = [Quantity, ...Quantity[]]
interface Statistic {
  name: string
  usage: string
  least: number
  run(list: List): Quantity
}

const of = (name: string, run: (list: List) => Quantity, least = 1): Statistic => ({
  name,
  usage: `${name}(a, b, …)`,
  least,
  run
})
const count = (length: number): Quantity => plain(num(length))

export const root2 = (x: Quantity): Quantity => ({ ...squareRoot(x), units: raiseUnits(x, 0.5) })

const sum = ([first, ...rest]: List): Quantity => rest.reduce((total, next) => addQuantities(total, next), first)
const mean = (list: List): Quantity => divideQuantities(sum(list), count(list.length))

const sorted = (list: List): Quantity[] =>
  list
    .map((quantity) => ({ quantity, value: valueInUnitsOf(list[0], quantity) }))
    .sort((a, b) => a.value.comparedTo(b.value))
    .map(({ quantity }) => quantity)

/** @param over the divisor of the sum of squares: n - 1 for a sample, n for a whole population. */
function variance (list: List, over: number): Quantity {
  const middle = mean(list)
  const squares = list.map((x) => {
    const off = subtractQuantities(x, middle)
    return multiplyQuantities(off, off)
  })
  return divideQuantities(sum(squares as unknown as List), count(over))
}

/** By linear interpolation between the two nearest values, as numpy and spreadsheets do. @param place from 0 to n - 1. */
function between (list: Quantity[], place: Quantity): Quantity {
  const below = Math.min(Math.floor(place.value.toNumber()), list.length - 1)
  const [low, high] = [list[below]!, list[Math.min(below + 1, list.length - 1)]!]
  const share = subtractQuantities(place, count(below))
  return share.value.isZero() ? low : addQuantities(low, multiplyQuantities(share, subtractQuantities(high, low)))
}

function percentile (list: List, percent: Quantity): Quantity {
  const share = divide(toPlain(percent, 'percentile'), num(100))
  if (share.value.lt(0) || share.value.gt(1)) throw new ToolError('percentile takes a number from 0 to 100 after its list, as in percentile([1, 2, 3], 90).')
  return between(sorted(list), multiplyQuantities(plain(share), count(list.length - 1)))
}

function mode (list: List): Quantity {
  const runs: Quantity[][] = []
  for (const x of sorted(list)) {
    const run = runs.at(-1)
    if (run && valueInUnitsOf(x, run[0]!).eq(x.value)) run.push(x)
    else runs.push([x])
  }
  const most = Math.max(...runs.map(({ length }) => length))
  const best = runs.filter(({ length }) => length === most)
  if (best.length > 1) throw new ToolError('Several values are the most frequent, so there is no single mode.')
  return best[0]![0]!
}

export const statistics: readonly Statistic[] = [
  of('sum', sum),
  of('mean', mean),
  of('min', (list) => sorted(list)[0]!),
  of('max', (list) => sorted(list).at(-1)!),
  of('median', (list) => between(sorted(list), divideQuantities(count(list.length - 1), count(2)))),
  of('mode', mode),
  of('variance', (list) => variance(list, list.length - 1), 2),
  of('std', (list) => root2(variance(list, list.length - 1)), 2),
  of('variancep', (list) => variance(list, list.length)),
  of('stdp', (list) => root2(variance(list, list.length))),
  {
    name: 'percentile',
    usage: 'percentile([a, b, …], p), with p from 0 to 100',
    least: 2,
    run: (args) => percentile(args.slice(0, -1) as unknown as List, args.at(-1)!)
  }
]
