// Tests of the tool, by itself and over a whole server with a person who is signed in.
import assert from 'node:assert/strict'
import test from 'node:test'
import { createContext, startServer } from '@mcp-oauth-server/server/testing'
import rollDice from '../tools/roll-dice.ts'

test('each die shows one of its sides', async () => {
  const { rolled, sum } = await rollDice.run({ dice: 50, sides: 6 }, createContext())
  assert.equal(rolled.length, 50)
  assert.ok(rolled.every((shown) => shown >= 1 && shown <= 6))
  assert.equal(sum, rolled.reduce((total, shown) => total + shown, 0))
})

test('too many sides are refused', async () => {
  await assert.rejects(rollDice.run({ dice: 100, sides: 1_000 }, createContext()), { name: 'ToolError' })
})

test('a client that is signed in can call it', async (t) => {
  const server = await startServer()
  t.after(() => server.close())
  const { structuredContent } = await server.call('roll_dice', { dice: 2 })
  assert.equal((structuredContent as { rolled: number[] }).rolled.length, 2)
})
