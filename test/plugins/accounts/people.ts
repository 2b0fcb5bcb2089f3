// Two people with local accounts, for tests of how accounts are stored.
import { parseEmail, type Account } from '../../../auth-backends/contract.ts'

export const ann: Account = {
  subject: 'subject of ann',
  email: parseEmail('ann@example.com'),
  name: 'Ann',
  passwordHash: 'a hash',
  emailVerified: true,
  createdAt: 1
}

export const bob: Account = { ...ann, subject: 'subject of bob', email: parseEmail('bob@example.com') }
