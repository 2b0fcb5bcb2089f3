// Imported before tap: keeps it from following every promise of the process to the test that made it, which takes much of the
// processor time of a room. What nobody catches goes to the test that runs (room.ts).
import asyncHooks from 'node:async_hooks'
import { syncBuiltinESMExports } from 'node:module'

const { createHook } = asyncHooks
const replace = (by: typeof createHook) => {
  asyncHooks.createHook = by
  syncBuiltinESMExports()
}
replace(() => ({ enable () { return this }, disable () { return this } }))

/** Hooks of others than tap are real. */
export const restoreHooks = () => replace(createHook)
