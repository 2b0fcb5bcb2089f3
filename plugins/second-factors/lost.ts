// For somebody who has lost every second factor and the recovery codes: after a waiting time, in which whoever reads their
// mailboxes can object, the next sign-in removes the factors (NIST SP 800-63B-4 §4.2.1; threat SF-12).
// Tested in test/plugins/second-factors/lost.test.ts.
import type { FastifyInstance } from 'fastify'
import { wordsOf } from '../../languages/index.ts'
import { verifiedAddresses } from '../accounts/messages.ts'
import { equalSecrets, randomSecret } from '../secrets.ts'
import type { User } from '../sign-in/contract.ts'
import { LOST_WAIT_SECONDS, type LostFactors, type LostState } from './contract.ts'
import { sendFactorsLost, sendFactorsRemoved } from './mails.ts'
import { hasFactor, withoutRequest, type FactorRecords, type PersonFactors } from './records.ts'

/**
 * After the waiting time. Whoever does not come back has found a factor, and an old request
 * opens nothing years later.
 */
const OPEN_SECONDS = 7 * 86_400
/**
 * Nobody asks twice in this time: a mailbox is sent a few messages of a kind in ten minutes, and each request has to be told.
 */
const AGAIN_AFTER_SECONDS = 86_400
const SEALED_FOR = 'removal of lost second factors'
const MAX_SECRET_CHARS = 500

export interface Lost extends LostFactors {
  /** Once the waiting time is over. @returns whether the factors were removed. */
  removeIfDue(user: User): Promise<boolean>
}

export function createLost (app: FastifyInstance, records: FactorRecords): Lost {
  const { now, sealing, mail } = app
  const isOpen = (factors: PersonFactors | undefined): factors is PersonFactors & { lost: object } =>
    factors?.lost !== undefined && !factors.lost.isStopped && factors.lost.askedAt + LOST_WAIT_SECONDS + OPEN_SECONDS > now()
  const untilOf = (askedAt: number) => askedAt + LOST_WAIT_SECONDS

  function describe (user: User, factors: PersonFactors | undefined): LostState {
    if (isOpen(factors)) return { kind: 'waiting', until: untilOf(factors.lost.askedAt) }
    const isSoon = factors?.lost !== undefined && factors.lost.askedAt + AGAIN_AFTER_SECONDS > now()
    return { kind: mail.isOn && !isSoon && verifiedAddresses(user).length > 0 ? 'available' : 'unavailable' }
  }

  return {
    stateOf: async (user) => describe(user, await records.find(user.id)),
    async ask (request, user) {
      const { words } = request
      const lost = { id: randomSecret(16), askedAt: now(), language: words.language }
      const { state, isNew } = await records.change<{ state: LostState; isNew: boolean }>(user.id, (before) => {
        const state = describe(user, before)
        if (state.kind !== 'available' || !hasFactor(before)) return { result: { state, isNew: false } }
        return { factors: { ...before, lost }, result: { state: { kind: 'waiting', until: untilOf(lost.askedAt) }, isNew: true } }
      })
      if (!isNew) return state
      app.audit.record(request, 'factor_removal_asked', { user: user.id })
      const secret = sealing.seal(SEALED_FOR, Buffer.from(JSON.stringify([user.id, lost.id])))
      sendFactorsLost(app, words, user, { link: app.accounts.urls.keepFactors(secret), until: untilOf(lost.askedAt) })
      return state
    },
    async stop (secret) {
      const opened = secret.length <= MAX_SECRET_CHARS ? sealing.unseal(SEALED_FOR, secret) : undefined
      if (!opened) return undefined
      const [userId, id] = JSON.parse(opened.toString()) as [string, string]
      return records.change<string | undefined>(userId, (before) =>
        before?.lost && !before.lost.isStopped && equalSecrets(before.lost.id, id)
          ? { factors: withoutRequest(before), result: userId }
          : { result: undefined }
      )
    },
    async removeIfDue (user) {
      const removed = await records.change<PersonFactors | undefined>(user.id, (before) =>
        isOpen(before) && untilOf(before.lost.askedAt) <= now()
          ? { factors: { ...before, passkeys: [], apps: [] }, result: before }
          : { result: undefined }
      )
      if (!removed) return false
      await records.free(removed.passkeys)
      app.audit.note('factor_removed', { user: user.id, reason: 'lost' })
      sendFactorsRemoved(app, wordsOf(removed.lost!.language), user)
      return true
    }
  }
}
