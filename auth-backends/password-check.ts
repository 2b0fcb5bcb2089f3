// Whether a new password is accepted: first the rules, then an estimate of its strength in a worker.
import type { Text } from '../languages/index.ts'
import { BackendUnavailable, type BackendHost } from './contract.ts'
import { passwordProblem } from './password-rules.ts'
import type { Input } from './password-strength-task.ts'

const TASK = new URL('./password-strength-task.ts', import.meta.url)
/** With the time that an estimate waits for others. */
const TIMEOUT_MS = 10_000

/**
 * Who chooses the password. `owner`: a person with a link or a session of the account. They do not wait for strangers
 * who sign up, nor long for another owner who asks again and again.
 */
export type Chooser = 'stranger' | 'owner'

/**
 * @returns what is wrong with the password, for the person who typed it; undefined if it is accepted.
 * @throws BackendUnavailable if it cannot be estimated within ten seconds: no password is accepted unchecked.
 */
export type PasswordCheck = (
  password: string,
  person: { email: string; name?: string | undefined },
  chooser: Chooser
) => Promise<Text | undefined>

/** The rules come first: they are quick, and bound what is estimated. */
export const createPasswordCheck =
  ({ runInWorker }: Pick<BackendHost, 'runInWorker'>): PasswordCheck =>
    async (password, { email, name }, chooser) => {
      const problem = passwordProblem(password, email)
      if (problem !== undefined) return problem
      const known = [email, ...email.split(/[@.+_-]/), ...(name?.split(/\s+/) ?? [])]
      try {
        return await runInWorker<Text | undefined>(TASK, { password, known } satisfies Input, {
          timeout: TIMEOUT_MS,
          ...(chooser === 'owner' && { queue: 'passwords', share: email })
        })
      } catch (cause) {
        throw new BackendUnavailable('The strength of a password could not be estimated', { reason: 'busy', cause })
      }
    }
