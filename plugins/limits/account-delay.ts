// Slows guesses at one account down without locking its owner out: after some failures each further attempt waits a
// little longer, from any address (RFC 9700 §2.5).
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { tooManyRequests } from '../../errors.ts'
import { hashSecret } from '../secrets.ts'
import { createKeyCounter } from './key-counter.ts'

const FREE_FAILURES = 10
const FAILURE_WINDOW_MS = 15 * 60_000
const FIRST_WAIT_MS = 250
const MAX_WAIT_MS = 5_000
const MAX_COUNTED = 1_000

export interface AccountDelay {
  /**
   * Waits before a password of an account is checked, the longer the more often it failed lately. Never refuses, so no
   * one can lock out another.
   * @param account in any spelling. Empty where nothing was typed, as before a redirect: no one waits for others then.
   */
  slowDown(request: FastifyRequest, account: string): Promise<void>
  noteFailure(request: FastifyRequest, account: string): Promise<void>
  /**
   * One attempt of a person at a time: the waits of {@link AccountDelay.slowDown} then follow each other, however many are
   * sent at once. Only for people who are signed in, so that no one else can keep them from it.
   * @throws too_many_requests while another runs.
   */
  oneAtATime<R>(request: FastifyRequest, userId: string, attempt: () => Promise<R>): Promise<R>
}

export function createAccountDelay (app: FastifyInstance): AccountDelay {
  const failures = createKeyCounter(app, MAX_COUNTED, FAILURE_WINDOW_MS)
  return {
    async slowDown (_request, account) {
      if (account === '') return
      const { remaining } = await failures.read(keyOf(account))
      await sleep(waitAfter(MAX_COUNTED - remaining))
    },
    async noteFailure (_request, account) {
      if (account !== '') await failures.add(keyOf(account))
    },
    oneAtATime: createOneAtATime(app)
  }
}

/** Milliseconds that the next attempt waits after so many failures: none, then doubling up to the maximum. */
export const waitAfter = (failures: number): number =>
  failures < FREE_FAILURES ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES), MAX_WAIT_MS)

/** Characters of what was typed as an account that count. */
const MAX_ACCOUNT = 1_000

/** One spelling for one account: the backends read `ＡＮＮ@example.com` as ann@example.com, so the counter does. */
const keyOf = (account: string): string =>
  `failures ${hashSecret(account.slice(0, MAX_ACCOUNT).normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ''))}`

function createOneAtATime (app: FastifyInstance): AccountDelay['oneAtATime'] {
  const running = new Set<string>()
  return async (request, userId, attempt) => {
    if (running.has(userId)) {
      app.audit.recordLimit(request, 'present-password')
      throw tooManyRequests(MAX_WAIT_MS / 1_000)
    }
    running.add(userId)
    try {
      return await attempt()
    } finally {
      running.delete(userId)
    }
  }
}
