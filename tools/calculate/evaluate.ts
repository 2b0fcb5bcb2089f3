// From the tree of an expression to its value, within the allowance of work.ts.
import { ToolError } from '../../authoring/tool.ts'
import { constantNames, findConstant } from './constants.ts'
import { findFunction, functionNames } from './functions.ts'
import { factorial } from './integers.ts'
import { divide, modulo, multiply, num, power, readNumber } from './numbers.ts'
import {
  addQuantities,
  convert,
  divideQuantities,
  multiplyQuantities,
  negateQuantity,
  plain,
  raiseUnits,
  subtractQuantities,
  toPlain,
  unitNamed,
  type Quantity
} from './quantity.ts'
import { quote } from './tokens.ts'
import { isPercent, type BinaryOperator, type Node } from './tree.ts'
import { findUnit } from './units.ts'

/** @throws ToolError that says what to change. */
export const evaluate = (node: Node): Quantity => new Evaluation().run(node)

/** Comparisons and other bases are results that no operation takes. */
const ONLY_WHOLE = 'can only be the whole expression, and not part of another one.'

class Evaluation {
  run (node: Node): Quantity {
    switch (node.type) {
      case 'number':
        return plain(readNumber(node.text))
      case 'name':
        return this.#name(node.name)
      case 'negate':
        return negateQuantity(this.run(node.of))
      case 'percent':
        return plain(divide(toPlain(this.run(node.of), '%'), num(100)))
      case 'factorial':
        return plain(factorial(toPlain(this.run(node.of), '!')))
      case 'call':
        return this.#call(node.name, node.arguments)
      case 'convert':
        return this.#convert(this.run(node.of), this.run(node.to))
      case 'binary':
        return this.#binary(node.operator, node.left, node.right)
      case 'compare':
        throw new ToolError(`Comparisons such as < and = ${ONLY_WHOLE}`)
      case 'form':
        throw new ToolError(`Conversions to hex, octal, binary or a fraction ${ONLY_WHOLE}`)
      case 'list':
        throw new ToolError('A list in [ ] is an argument of a function, as in mean([1, 2, 3]).')
    }
  }

  #name (name: string): Quantity {
    const constant = findConstant(name)
    if (constant) return constant
    if (findUnit(name)) return unitNamed(name)
    if (findFunction(name)) {
      throw new ToolError(`${name} is a function. Write its argument in brackets, as in ${name}(2).`)
    }
    throw new ToolError(
      `${quote(name)} is not known. There are the constants ${constantNames.join(', ')}, units such as km, lb, °C, kWh or GiB, and functions such as sqrt(x). There are no variables: put in their values.`
    )
  }

  #call (name: string, nodes: Node[]): Quantity {
    const found = findFunction(name)
    if (!found) throw new ToolError(`There is no function ${quote(name)}. There are: ${functionNames.join(', ')}.`)
    if (name.toLowerCase() === 'percentile' && (nodes.length !== 2 || nodes[0]!.type !== 'list')) throw new ToolError(`Write ${found.usage}.`)
    const items = nodes.flatMap((node) => (node.type === 'list' ? node.items : [node]))
    const [first, ...rest] = items.map((node) => this.run(node))
    if (first === undefined || items.length < found.least || items.length > found.most) {
      throw new ToolError(`Write ${found.usage}; it was given ${items.length} arguments.`)
    }
    return found.run([first, ...rest])
  }

  #convert (quantity: Quantity, target: Quantity): Quantity {
    if (target.units.length === 0 || !target.value.eq(1)) {
      throw new ToolError('After to, write only a unit, as in 5 km to miles or 100 km/h to m/s.')
    }
    return convert(quantity, target)
  }

  #binary (operator: BinaryOperator, leftNode: Node, rightNode: Node): Quantity {
    const left = this.run(leftNode)
    const right = this.run(rightNode)
    // As on a pocket calculator, 200 + 10% is 220; but 5% + 5% is 10%.
    const grows = isPercent(rightNode) && !isPercent(leftNode)
    switch (operator) {
      case '+':
        return grows
          ? this.#grow(left, addQuantities(plain(num(1)), right))
          : addQuantities(left, right)
      case '-':
        return grows
          ? this.#grow(left, subtractQuantities(plain(num(1)), right))
          : subtractQuantities(left, right)
      case 'off':
        if (!isPercent(leftNode)) throw new ToolError('Write a percentage before off, as in 20% off 150.')
        return this.#grow(right, subtractQuantities(plain(num(1)), left))
      case '*':
        return multiplyQuantities(left, right)
      case '/':
        return divideQuantities(left, right)
      case 'mod':
        return plain(modulo(toPlain(left, 'mod'), toPlain(right, 'mod')))
      case '^':
        return this.#power(left, right)
    }
  }

  #grow (quantity: Quantity, factor: Quantity): Quantity {
    return { ...multiply(quantity, factor), units: quantity.units }
  }

  #power (base: Quantity, exponent: Quantity): Quantity {
    const n = toPlain(exponent, '^')
    return { ...power(base, n), units: raiseUnits(base, n.value.toNumber()) }
  }
}
