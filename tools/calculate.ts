// Exact arithmetic, so that a model does not have to guess numbers. Expressions are parsed and computed here, never run
// as code.
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { defineTool } from '../authoring/tool.ts'

/** One calculation after the other, with everybody else's requests between: ten may come in one. */
let turn = Promise.resolve()

export default defineTool({
  name: 'calculate',
  title: 'Calculate',
  description:
    'Calculates an expression exactly: + - * / ^, % and mod, n!, brackets, numbers of up to 1000 digits, pi, e, functions (sqrt, root, ln, log, sin, round, min, mean, gcd, ncr and more), ' +
    'percentages (20% of 150, 80 + 25%), units and their conversion (100 km/h to mph, 72 °F to °C, 3 ft + 20 cm in m, 1.5 GiB to MB). ' +
    'Use it for every calculation instead of estimating. Example: 2 + 3 * 4. It has no currencies, dates or variables.',
  input: z.strictObject({
    expression: z
      .string()
      .min(1)
      .max(1_000, 'an expression has at most 1000 characters; calculate its parts one by one')
      .describe('What to calculate, with * for every multiplication.')
  }),
  output: z.strictObject({
    result: z.string().describe('The result with its unit.'),
    value: z.string().describe('The number alone.'),
    unit: z.string().optional(),
    exact: z.boolean().describe('False if digits were rounded off.')
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  async run ({ expression }) {
    const { answer } = await import('./calculate/answer.ts')
    turn = turn.then(() => setImmediate())
    await turn
    return answer(expression)
  }
})
