// What a backend says of a person, as far as it counts: a module of the operator's own may pass on whatever its service has
// sent, and the word `"false"` is not false (threats AC-36, AC-40).
// Tested in test/plugins/sign-in/complete.test.ts.
import { parseEmail, type SignedIn, type SignInAnswer } from '../../auth-backends/contract.ts'
import { hidesSomething, toDisplayName } from '../display-name.ts'

/** An id of OpenID Connect has 255 at most, beside the address of its issuer. */
const MAX_SUBJECT_CHARACTERS = 4_000
/** RFC 5321 §4.5.3.1.3: no path is longer. */
const MAX_ADDRESS_CHARACTERS = 254
/** Of one mailbox: mail to `ann@a.example,bob@b.example` would go to both, and a rule for a domain reads the last (threat AC-43). */
const ONE_MAILBOX = /^[^\s@,;:<>()[\]\\"]+@[^\s@,;:<>()[\]\\"]+$/

const kinds = {
  email: 'string',
  emailVerified: 'boolean',
  name: 'string',
  generation: 'number',
  secondFactor: 'boolean',
  session: 'string',
  authenticationAgeSeconds: 'number'
} as const satisfies Partial<Record<keyof SignedIn, string>>

/** @returns what is wrong with it, for the operator; or the answer, in which what a service writes as `null` is left out. */
export function readAnswer (answer: SignInAnswer): { problem: string } | { answer: SignInAnswer } {
  if (typeof answer !== 'object') return { problem: 'answered what is no person' }
  if (answer === null || 'refused' in answer || 'factor' in answer) return { answer }
  const person = Object.fromEntries(Object.entries(answer).filter(([, value]) => value !== null)) as unknown as SignedIn
  const problem = problemOf(person)
  return problem === undefined ? { answer: person } : { problem }
}

function problemOf (person: SignedIn): string | undefined {
  const { subject, groups = [] } = person
  if (typeof subject !== 'string' || subject.trim() === '') return 'named a person without a `subject`'
  if (subject.length > MAX_SUBJECT_CHARACTERS) return `named a person with a \`subject\` of more than ${MAX_SUBJECT_CHARACTERS} characters`
  for (const [member, kind] of Object.entries(kinds)) {
    const found: string = typeof person[member as keyof typeof kinds]
    if (found !== 'undefined' && found !== kind) return `named a person whose \`${member}\` is no ${kind}`
  }
  return isListOfNames(groups) ? undefined : 'named `groups` that are no list of names'
}

export const isListOfNames = (names: unknown): names is string[] =>
  Array.isArray(names) && names.every((name) => typeof name === 'string')

/**
 * What a backend says of a person appears on pages, in mail and at terminals: the name is cleaned, an address with
 * hidden characters, or of several mailboxes, is left out.
 */
export function presentable ({ name, email, emailVerified, ...identity }: SignedIn): SignedIn {
  const shown = name === undefined ? '' : toDisplayName(name, '')
  const isSound = email !== undefined && isOneAddress(email)
  return {
    ...identity,
    ...(shown && { name: shown }),
    ...(isSound && { email, ...(emailVerified !== undefined && { emailVerified }) })
  }
}

const isOneAddress = (email: string): boolean =>
  email.length <= MAX_ADDRESS_CHARACTERS && !hidesSomething(email) && ONE_MAILBOX.test(parseEmail(email))
