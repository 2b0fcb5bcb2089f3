// Password hashes: argon2id with the parameters of the OWASP password storage sheet, a few at a time so that sign-ins
// cannot fill the memory.
import { BackendUnavailable } from './contract.ts'

/**
 * 46 MiB, two passes, one lane: above the sheet, so that a check costs an attacker 15 ms and more. `algorithm` 2 is
 * argon2id, `version` 1 is 0x13: the library's names for them exist in its types only.
 */
const PARAMETERS = { algorithm: 2, version: 1, memoryCost: 47_104, timeCost: 2, parallelism: 1, outputLen: 32 } as const

/** What one guess costs: kibibytes of memory, and passes over them. */
export interface HashCost {
  memoryCost: number
  timeCost: number
}

export interface PasswordHasher {
  /**
   * @returns a PHC string. The password is brought to NFC first (NIST SP 800-63B-4 §3.1.1.2), so that two keyboards
   * spell it alike.
   */
  hash(password: string): Promise<string>
  verify(passwordHash: string, password: string): Promise<boolean>
  /** Whether the hash was made with other parameters than today's. */
  isOutdated(passwordHash: string): Promise<boolean>
}

/**
 * @param limits how many hashes run at once, and how many may wait; one more throws {@link BackendUnavailable}.
 * @param cost lower in tests of something else only.
 */
export function createPasswordHasher (
  limits = { running: 4, waiting: 64 },
  cost: HashCost = PARAMETERS
): PasswordHasher {
  const inTurn = createTurns(limits)
  const parameters = { ...PARAMETERS, ...cost }
  return {
    hash: (password) => inTurn(async () => (await argon2()).hash(password.normalize('NFC'), parameters)),
    verify: (passwordHash, password) =>
      inTurn(async () => (await argon2()).verify(passwordHash, password.normalize('NFC'))),
    async isOutdated (passwordHash) {
      const used = (await argon2()).parseOptions(passwordHash)
      return (Object.keys(parameters) as (keyof typeof parameters)[]).some((name) => used[name] !== parameters[name])
    }
  }
}

/** Not before the first password: a server whose people sign in elsewhere never needs it. */
const argon2 = () => import('@node-rs/argon2')

/**
 * @returns runs a task when one of `running` places is free.
 * @throws BackendUnavailable at once, when `waiting` wait already.
 */
export function createTurns ({ running, waiting }: { running: number; waiting: number }) {
  let busy = 0
  const queue: (() => void)[] = []
  return async <T>(task: () => Promise<T>): Promise<T> => {
    if (busy < running) busy++
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve))
    else throw new BackendUnavailable(`More than ${running + waiting} passwords are waiting to be checked`)
    try {
      return await task()
    } finally {
      // A finished task hands its place to the first that waits; only without one does the place become free.
      const next = queue.shift()
      if (next) next()
      else busy--
    }
  }
}
