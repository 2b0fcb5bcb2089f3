// The account with a password that this server stores for a person.
// Tested in test/routes/login/passkey.test.ts and test/routes/admin/person.test.ts.
import type { AuthBackend, PasswordAccount } from '../../auth-backends/contract.ts'
import type { User } from '../sign-in/contract.ts'

/** @returns the first; undefined for somebody who has theirs elsewhere. */
export async function findOwnAccount (
  backends: ReadonlyMap<string, AuthBackend>,
  { identities }: Pick<User, 'identities'>
): Promise<{ backend: string; account: PasswordAccount } | undefined> {
  for (const { backend, subject } of identities) {
    const account = await backends.get(backend)?.accounts?.findBySubject(subject)
    if (account) return { backend, account }
  }
  return undefined
}
