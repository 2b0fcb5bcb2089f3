// Accounts on this server: e-mail and password, in the server's own account book (OWASP authentication and password
// storage cheat sheets).
import { randomBytes, randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Text } from '../languages/index.ts'
import {
  type Email,
  parseEmail,
  type Account,
  type Accounts,
  type AuthBackend,
  type BackendHost,
  type BackendModule,
  type Credentials,
  type Identity,
  type SignInAnswer,
  type SignUpRequest,
  type SignUpResult
} from './contract.ts'
import { createLocalAccounts, isUnchanged } from './local-accounts.ts'
import { createPasswordCheck, type PasswordCheck } from './password-check.ts'
import { createPasswordHasher, type PasswordHasher } from './password-hashing.ts'
import { isTooLong } from './password-rules.ts'
import { addressProblem, nameProblem } from './sign-up-rules.ts'

/** An unconfirmed account is stored for one day: anyone can make one. */
export const MAX_UNCONFIRMED_SECONDS = 86_400

const CONFIRM: Text = { key: 'sign-up.confirmSent' }
const UNCONFIRMED: Text = { key: 'sign-up.unconfirmed' }
const TAKEN: Text = { key: 'sign-up.taken' }

/** What signing in and signing up work with. */
interface Deps {
  host: BackendHost
  hasher: PasswordHasher
  check: PasswordCheck
  /**
   * The hash of no password. It is checked in place of the hash of an account that does not exist, so that an unknown
   * address takes as long as a wrong password. The first caller waits until there is one, for any address.
   */
  decoyHash: () => Promise<string>
}

/** @param hasher replaced in tests of its limits. */
export async function openLocal (
  host: BackendHost,
  hasher: PasswordHasher = createPasswordHasher()
): Promise<AuthBackend> {
  const check = createPasswordCheck(host)
  const deps: Deps = { host, hasher, check, decoyHash: createDecoy(hasher) }
  return {
    title: { key: 'sign-up.local' },
    password: { label: { key: 'sign-up.email' }, verify: (credentials) => signIn(deps, credentials) },
    signUp: { create: (request) => signUp(deps, request) },
    accounts: createLocalAccounts(host.accounts, hasher, check),
    deleteUser: (subject) => host.accounts.delete(subject)
  }
}

function createDecoy (hasher: PasswordHasher): Deps['decoyHash'] {
  let decoy: Promise<string> | undefined
  return () => {
    decoy ??= hasher.hash(randomBytes(32).toString('hex')).catch((error: unknown) => {
      decoy = undefined
      throw error
    })
    return decoy
  }
}

async function signIn (
  { host, hasher, decoyHash }: Deps,
  { identifier, password }: Credentials
): Promise<SignInAnswer> {
  // No account has such a password.
  if (isTooLong(password)) return null
  const email = parseEmail(identifier)
  const decoy = await decoyHash()
  const account = addressProblem(email) ? undefined : await host.accounts.find(email)
  const matches = await hasher.verify(account?.passwordHash ?? decoy, password)
  if (!account || !matches) return null
  if (await hasher.isOutdated(account.passwordHash)) await rehash(host, hasher, account, password)
  // Only a caller who knows the password may learn this.
  if (host.sendsMail && !account.emailVerified) return { refused: UNCONFIRMED }
  return account.expiresAt === undefined ? identityOf(account) : makePermanent(host.accounts, account)
}

/**
 * The password was right: a server that is too busy for a new hash must not keep the person
 * out.
 */
async function rehash (host: BackendHost, hasher: PasswordHasher, account: Account, password: string): Promise<void> {
  try {
    await host.accounts.setPasswordHash(account.email, await hasher.hash(password), account.passwordHash)
  } catch (error) {
    host.log.warn(`A password hash with old parameters stays until the next sign-in: ${(error as Error).message}`)
  }
}

/**
 * The account waits for a confirmation that this server, which no longer sends mail, cannot ask for. Its owner uses it,
 * so it stays.
 * @returns null if it was changed meanwhile.
 */
async function makePermanent (accounts: Accounts, account: Account): Promise<Identity | null> {
  const isPermanent = await accounts.change(account.email, ({ expiresAt: _, ...found }) =>
    isUnchanged(found, account) ? found : undefined
  )
  return isPermanent ? identityOf({ ...account, generation: (account.generation ?? 0) + 1 }) : null
}

async function signUp (deps: Deps, request: SignUpRequest): Promise<SignUpResult> {
  const { host, hasher, decoyHash } = deps
  const email = parseEmail(request.email)
  const name = request.name?.trim() || undefined
  const refusal = await refusalOf(deps, { ...request, email, ...(name !== undefined && { name }) })
  if (refusal) return refusal
  const noPassword = await decoyHash()
  const account = {
    subject: randomUUID(),
    email,
    name,
    passwordHash: await hasher.hash(request.password),
    createdAt: host.now(),
    ...(request.emailVerified
      ? { emailVerified: true as const }
      : host.sendsMail && { expiresAt: host.now() + MAX_UNCONFIRMED_SECONDS })
  }
  const isNew = await host.accounts.create(account)
  if (isNew && request.emailVerified) return { kind: 'signed-up', identity: identityOf(account) }
  // The same words whether or not the address was taken: only its owner learns that, by mail.
  if (host.sendsMail) {
    if (!isNew) await contest(host.accounts, email, noPassword)
    return { kind: 'confirm', message: CONFIRM }
  }
  return isNew ? { kind: 'signed-up', identity: identityOf(account) } : { kind: 'refused', field: 'email', message: TAKEN }
}

/**
 * What is cheap to find out comes first: an estimate of the password takes a worker.
 */
async function refusalOf (
  { host, check }: Deps,
  { email, name, password }: SignUpRequest & { email: Email }
): Promise<SignUpResult | undefined> {
  const mistake = refusal('email', addressProblem(email)) ?? refusal('name', name === undefined ? undefined : nameProblem(name))
  if (mistake) return mistake
  // Where mail is sent, a sign-up must not reveal this.
  if (!host.sendsMail && (await host.accounts.find(email))) return refusal('email', TAKEN)
  return refusal('password', await check(password, { email, name }, 'stranger'))
}

/**
 * No one has proved whose mailbox it is. The password of the first must not be confirmed by the second, nor the other
 * way round.
 */
const contest = (accounts: Accounts, email: Email, noPassword: string): Promise<boolean> =>
  accounts.change(email, (found) =>
    // Once is enough: each change voids the links that were sent, and repeated sign-ups must
    // not void the owner's.
    found.emailVerified || found.contested ? undefined : { ...found, passwordHash: noPassword, contested: true }
  )

/** Without mail the address is what the person typed, neither proved nor disproved. */
const identityOf = ({ subject, email, name, emailVerified, generation = 0 }: Account): Identity => ({
  subject,
  email,
  name,
  generation,
  ...(emailVerified && { emailVerified })
})

const refusal = (field: 'email' | 'password' | 'name', message: Text | undefined): SignUpResult | undefined =>
  message ? { kind: 'refused', field, message } : undefined

export default { env: z.object({}), open: (_env, host) => openLocal(host) } satisfies BackendModule
