// Accounts on this server: e-mail and password, kept in the house's own account book. OWASP authentication and password storage sheets.
import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { normalizeEmail, type Account, type AuthBackend, type BackendModule, type Credentials, type House, type Identity, type SignUpRequest, type SignUpResult } from './contract.ts'
import { createPasswordHasher, type PasswordHasher } from './password-hashing.ts'
import { isTooLong, passwordProblem } from './password-rules.ts'
import { addressProblem, nameProblem } from './sign-up-rules.ts'

/** Nobody has shown yet that they read the mailbox: the address is only what they typed. */
const identify = ({ subject, email, name }: Account): Identity => ({ subject, email, name })

/** @param hasher replaced in tests that look at its limits. */
export async function openLocal (house: House, hasher: PasswordHasher = createPasswordHasher()): Promise<AuthBackend> {
  // Checked in place of the hash of an account that does not exist, so that an unknown address takes as long as a wrong password.
  const nobody = await hasher.hash(randomBytes(32).toString('hex'))

  async function verify ({ identifier, password }: Credentials): Promise<Identity | null> {
    // No account has such a password, whatever the address.
    if (isTooLong(password)) return null
    const email = normalizeEmail(identifier)
    const account = addressProblem(email) ? undefined : await house.accounts.find(email)
    const matches = await hasher.verify(account?.passwordHash ?? nobody, password)
    if (!account || !matches) return null
    if (hasher.isOutdated(account.passwordHash)) await renewHash(account, password)
    return identify(account)
  }

  /** The person has shown the right password: that this server is too busy for a new hash must not keep them out. */
  async function renewHash (account: Account, password: string): Promise<void> {
    try {
      await house.accounts.setPasswordHash(account.email, await hasher.hash(password), account.passwordHash)
    } catch (error) {
      house.log.warn(`A password hash with old parameters stays until the next sign-in: ${(error as Error).message}`)
    }
  }

  async function create (request: SignUpRequest): Promise<SignUpResult> {
    const email = normalizeEmail(request.email)
    const name = request.name?.trim() || undefined
    const refusal = refuse('email', addressProblem(email)) ?? refuse('name', name && nameProblem(name)) ?? refuse('password', passwordProblem(request.password, email))
    if (refusal) return refusal
    const account = { subject: randomUUID(), email, name, passwordHash: await hasher.hash(request.password), createdAt: house.now() }
    if (await house.accounts.create(account)) return { kind: 'signed-up', identity: identify(account) }
    return { kind: 'refused', field: 'email', message: 'There is an account with this address already. Sign in instead.' }
  }

  return {
    title: 'Account on this server',
    password: { label: 'E-mail address', verify },
    signUp: { create },
    forget: (subject) => house.accounts.delete(subject)
  }
}

const refuse = (field: 'email' | 'password' | 'name', message: string | undefined): SignUpResult | undefined =>
  message ? { kind: 'refused', field, message } : undefined

export default {
  env: z.object({}),
  open: (_env, house) => openLocal(house)
} satisfies BackendModule
