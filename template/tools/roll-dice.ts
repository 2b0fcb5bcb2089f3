// A tool: this file is all there is to it. Change it, or copy it; `npm run dev` loads it again when it is saved.
import { randomInt } from 'node:crypto'
import { defineTool, ToolError, z } from '@mcp-oauth-server/server'

const MAX_DICE = 100

export default defineTool({
  name: 'roll_dice',
  title: 'Roll dice',
  description: 'Rolls dice and returns what each shows, and their sum. Use it whenever a random number is needed.',
  input: z.object({
    dice: z.number().int().min(1).max(MAX_DICE).default(1).describe('How many dice to roll.'),
    sides: z.number().int().min(2).max(1_000).default(6).describe('How many sides each of them has.')
  }),
  output: z.object({ rolled: z.array(z.number().int()), sum: z.number().int() }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false },
  scopes: ['mcp:read'],
  async run ({ dice, sides }) {
    // A ToolError is read by the model: say what to do instead.
    if (dice * sides > 50_000) throw new ToolError('Roll fewer dice, or dice with fewer sides.')
    const rolled = Array.from({ length: dice }, () => randomInt(1, sides + 1))
    return { rolled, sum: rolled.reduce((sum, each) => sum + each, 0) }
  }
})
