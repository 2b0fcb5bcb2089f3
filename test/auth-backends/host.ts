// The house as a backend sees it, for tests: an account book in memory and a log that is kept.
import type { Account, BackendHost } from '../../auth-backends/contract.ts'

export interface TestHost extends BackendHost {
  book: Map<string, Account>
  /** Every line that was logged. */
  lines: string[]
  /** What every look into the account book fails with from now on. */
  fault?: Error
}

export function createTestHost (): TestHost {
  const book = new Map<string, Account>()
  const lines: string[] = []
  const open = (): Map<string, Account> => {
    if (house.fault) throw house.fault
    return book
  }
  const house: TestHost = {
    book,
    lines,
    spell: (text) => text,
    accounts: {
      find: async (email) => structuredClone(open().get(email)),
      async create (account) {
        if (open().has(account.email)) return false
        book.set(account.email, structuredClone(account))
        return true
      },
      async delete (subject) {
        for (const [email, account] of open()) if (account.subject === subject) book.delete(email)
      },
      async change (email, decide) {
        const account = open().get(email)
        const changed = account && decide(account)
        if (changed) book.set(email, { ...changed, generation: (account.generation ?? 0) + 1 })
        return changed !== undefined
      },
      async setPasswordHash (email, passwordHash, previous) {
        const account = open().get(email)
        if (account?.passwordHash !== previous) return false
        account.passwordHash = passwordHash
        return true
      },
      findBySubject: async (subject) =>
        structuredClone([...open().values()].find((account) => account.subject === subject)),
      async move (from, to, expected) {
        const account = open().get(from)
        if (!account || book.has(to.email)) return false
        if (expected && (account.subject !== expected.subject || (account.generation ?? 0) !== expected.generation)) { return false }
        const { emailVerified: _, ...kept } = account
        book.set(to.email, { ...kept, ...to, generation: (account.generation ?? 0) + 1 })
        return book.delete(from)
      }
    },
    sendsMail: false,
    publicUrl: 'http://localhost:8080',
    homeUrl: 'http://localhost:8080',
    now: () => 1_700_000_000,
    runInWorker: async (task, input) => (await import(task.href)).default(input),
    log: {
      info: (line) => {
        lines.push(line)
      },
      warn: (line) => {
        lines.push(line)
      }
    }
  }
  return house
}
