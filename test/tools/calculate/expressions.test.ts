// Three hundred expressions beside what Python makes of them (fractions, math, statistics, datetime): each is right, or
// refused where it can be read in two ways. A value behind ~ has endless digits, and agrees in those that are written.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { answer } from '../../../tools/calculate/answer.ts'
import { ToolError } from '../../../authoring/tool.ts'

/** Processor time of one call; what the machine does besides does not come back at a second and a third try. */
const MAX_CPU_MS = 30

const rows = readFileSync(new URL('expressions.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t') as [expression: string, expected: string])

function outcome (expression: string): string {
  try {
    return answer(expression).result
  } catch (error) {
    if (error instanceof ToolError) return 'refused'
    throw error
  }
}

function agrees (result: string, expected: string): boolean {
  if (!expected.startsWith('~')) return result === expected
  const [[value, ...unit], [wanted, ...wantedUnit]] = [result.split(' '), expected.slice(1).split(' ')]
  const digits = Number(wanted!.length > 18 ? 1e-15 : 1e-13)
  const off = Math.abs(Number(value) - Number(wanted))
  return unit.join(' ') === wantedUnit.join(' ') && off <= digits * Math.max(Math.abs(Number(wanted)), 1)
}

t.test('three hundred kinds of expressions are calculated rightly, and nothing ambiguous is guessed', (t) => {
  t.ok(rows.length >= 300)
  t.same(
    rows.map(([expression]) => [expression, outcome(expression)]).filter(([, result], index) => !agrees(result!, rows[index]![1])),
    []
  )
  t.end()
})

t.test(`no expression takes more than ${MAX_CPU_MS} ms of processor time`, (t) => {
  const cpuMs = (expression: string): number => {
    const before = process.threadCpuUsage()
    outcome(expression)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1_000
  }
  const slow = rows.filter(([expression]) => ![1, 2, 3].some(() => cpuMs(expression) <= MAX_CPU_MS))
  t.same(slow, [])
  t.end()
})
