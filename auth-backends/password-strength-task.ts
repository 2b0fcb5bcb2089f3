// The estimate of a password's strength, for a process of its own: it takes long for what an attacker can choose, and
// the word lists take memory.
// Tested in test/auth-backends/password-check.test.ts.
import type { Text } from '../languages/index.ts'
import { strengthProblem } from './password-strength.ts'

export interface Input {
  password: string
  known: string[]
}

export default async function estimate ({ password, known }: Input): Promise<Text | undefined> {
  return strengthProblem(password, known)
}
