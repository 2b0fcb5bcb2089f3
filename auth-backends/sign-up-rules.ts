// What an address and a name must look like before a new account is created; shared by the backends that have a sign-up
// form.
import { z } from 'zod'
import type { Text } from '../languages/index.ts'
import { isHiding } from './hidden-characters.ts'

/** RFC 5321 §4.5.3.1.3: no path is longer. */
const MAX_EMAIL_LENGTH = 254
const MAX_NAME_LENGTH = 100

const address = z.email()

/**
 * @param email as `parseEmail` spells it.
 * @returns what is wrong, for the person who typed it. Whether the mailbox exists, only a message can show.
 */
export const addressProblem = (email: string): Text | undefined =>
  email.length <= MAX_EMAIL_LENGTH && address.safeParse(email).success
    ? undefined
    : { key: 'sign-up.wrongAddress' }

/**
 * Control and formatting characters are refused: they can make one name look like another in a
 * list or a log.
 */
export function nameProblem (name: string): Text | undefined {
  if (name.length > MAX_NAME_LENGTH) return { key: 'sign-up.longName', values: { max: MAX_NAME_LENGTH } }
  return isHiding(name) ? { key: 'sign-up.hiddenName' } : undefined
}
