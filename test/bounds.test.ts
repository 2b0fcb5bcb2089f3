// Every bound, lifetime and pause of the server is the number that was decided on. `bounds.txt` has each of them once more: a
// test that takes a bound from the code it tests does not see one that is ten times as large. Whoever changes a number changes
// its line there as well, and the documentation where it names it (`docs/bounds.test.ts`).
import { readFile } from 'node:fs/promises'
import t from 'tap'
import ts from 'typescript'
import { isServer, readSources, type Source } from './helpers/sources.ts'

/** Calls that bound an input, a text or a list by a number. */
const BOUNDING = ['max', 'min', 'length', 'default', 'slice', 'integer', 'text']
const OPERATORS = new Map<ts.SyntaxKind, (a: number, b: number) => number>([
  [ts.SyntaxKind.AsteriskToken, (a, b) => a * b],
  [ts.SyntaxKind.AsteriskAsteriskToken, (a, b) => a ** b],
  [ts.SyntaxKind.SlashToken, (a, b) => a / b],
  [ts.SyntaxKind.PlusToken, (a, b) => a + b],
  [ts.SyntaxKind.MinusToken, (a, b) => a - b]
])

/** @returns undefined for what is no number, or is computed from other names. */
function numberIn (node: ts.Expression): number | undefined {
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) return numberIn(node.expression)
  if (!ts.isBinaryExpression(node)) return undefined
  const [left, right] = [numberIn(node.left), numberIn(node.right)]
  const compute = OPERATORS.get(node.operatorToken.kind)
  return left === undefined || right === undefined ? undefined : compute?.(left, right)
}

/** `NAME=5` of a constant, `NAME.member=5` of what is in one. */
function ofConstant (name: string, node: ts.Expression): string[] {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return ofConstant(name, node.expression)
  if (ts.isObjectLiteralExpression(node)) {
    return node.properties.flatMap((member) =>
      ts.isPropertyAssignment(member) ? ofConstant(`${name}.${member.name.getText()}`, member.initializer) : []
    )
  }
  const number = numberIn(node)
  return number === undefined ? [] : [`${name}=${number}`]
}

/** `max(50)`, of a schema for example; 0, 1 and 2 are seldom a decision. */
function ofCall (node: ts.CallExpression): string[] {
  const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText()
  const numbers = node.arguments.flatMap((argument) => numberIn(argument) ?? [])
  return BOUNDING.includes(name) && numbers.some((number) => number > 2) ? [`${name}(${numbers.join()})`] : []
}

/** In capitals, or of the whole file. */
const isConstant = (node: ts.VariableDeclaration): boolean =>
  (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const) !== 0 &&
  (/^[A-Z][A-Z0-9_]*$/.test(node.name.getText()) || ts.isSourceFile(node.parent.parent.parent))

function boundsIn ({ tree }: Source): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer && isConstant(node)) {
      found.push(...ofConstant(node.name.getText(), node.initializer))
    }
    if (ts.isCallExpression(node)) found.push(...ofCall(node))
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

t.test('every bound is the one that was decided on: a change is written into bounds.txt as well', async (t) => {
  const lines = (await readFile(new URL('bounds.txt', import.meta.url), 'utf8')).trimEnd().split('\n')
  const decided = new Map(lines.map((line) => [line.split(' ', 1)[0]!, line.slice(line.indexOf(' ') + 1)]))
  const sources = (await readSources()).filter(({ file }) => isServer(file))
  for (const source of sources) {
    const found = boundsIn(source).join(' ')
    t.equal(
      found,
      decided.get(source.file) ?? '',
      `${source.file} ${found}`.trim()
    )
    decided.delete(source.file)
  }
  t.same([...decided.keys()], [], 'files that are no more')
})
