// Exact arithmetic, so that a model does not have to guess numbers. Expressions are parsed and computed here, never run
// as code.
// The room calculate/ owns the language of expressions, from tokens to exact numbers, and the price of each step.
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { createLines } from '../authoring/in-line.ts'
import { defineTool, ToolError } from '../authoring/tool.ts'

/** Calculations share a turn of the event loop until they have taken this long, in ms; the next waits for another turn. */
const MAX_TURN_MS = 2
let spent = 0
let turn: Promise<void> | undefined

/** Calculations of one caller, with the one that is being made. */
const MAX_WAITING = 1_000
/** One after the other: whoever asks for hundreds at once takes a turn with everybody else for each of them. */
const inLine = createLines(MAX_WAITING)

/** Loaded with the first calculation. */
let calculator: Promise<typeof import('./calculate/answer.ts')> | undefined

function beginTurn (): void {
  turn ??= setImmediate().then(() => {
    turn = undefined
    spent = 0
  })
}

async function ownTurn (): Promise<void> {
  if (spent <= MAX_TURN_MS) return
  await turn
  // The others who waited may have taken it.
  return ownTurn()
}

export default defineTool({
  name: 'calculate',
  title: 'Calculate',
  description:
    'Calculates an expression exactly, with up to 1000 digits; use it instead of estimating. + - * / ^ % mod n! ( ), functions (sqrt, ln, log, sin, round, gcd, ncr, mean, std, percentile([…], 90) and more), ' +
    '20% of 150, 80 + 25%, 12 as % of 80, units (100 km/h to mph, 5 ft 11 in to cm, 1.5 GiB to MB), 255 to hex, 0.75 to fraction, 2^10 > 1000, days (2024-03-15 - 2024-01-01). No currencies or variables.',
  input: z.strictObject({
    expression: z
      .string()
      .min(1)
      .max(1_000, 'an expression has at most 1000 characters; calculate its parts one by one')
  }),
  output: z.strictObject({
    result: z.string(),
    value: z.string().describe('Without the unit.'),
    unit: z.string().optional(),
    exact: z.boolean().describe('False if rounded.')
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  async run ({ expression }, { caller }) {
    const answered = inLine(caller, () => calculate(expression))
    if (!answered) throw new ToolError('Too many of your calculations wait already. Wait for their results, then send this one again.')
    return await answered
  }
})

async function calculate (expression: string) {
  const { answer } = await (calculator ??= import('./calculate/answer.ts'))
  // Everybody else's requests come between: ten calculations may come in one.
  await ownTurn()
  const began = performance.now()
  try {
    return answer(expression)
  } finally {
    spent += performance.now() - began
    beginTurn()
  }
}
