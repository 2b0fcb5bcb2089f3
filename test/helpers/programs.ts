// Whether a program the tests need is there: skipped with a sentence on
// a person's own computer, a failure where CI is
// set.
import { spawnSync } from 'node:child_process'

/**
 * @param name of the program.
 * @param debian the package that has it.
 * @returns why the test is skipped, or `false`. Throws that sentence where CI is set.
 */
export function haveProgram (name: string, debian = name): { missing: string | false } {
  if (spawnSync('which', [name]).status === 0) return { missing: false }
  const missing = `${name} was not found: install it (apt-get install ${debian})`
  if (process.env['CI']) throw new Error(missing)
  return { missing }
}
