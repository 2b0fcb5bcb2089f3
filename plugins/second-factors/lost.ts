// For somebody who has lost every second factor and the recovery codes: after a waiting time, in which whoever reads their
// mailboxes can object, the next sign-in removes the factors (NIST SP 800-63B-4 §4.2.1; threat SF-12). Where one of them did
// not take the message, whoever reads it could not object, and nothing is removed.
// Tested in test/plugins/second-factors/lost.test.ts.
import type { FastifyInstance } from 'fastify'
import { wordsOf } from '../../languages/index.ts'
import { verifiedAddresses } from '../accounts/user-record.ts'
import { isRecent } from '../is-recent.ts'
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
  const { now, settled, sealing, mail } = app
  const isOpen = (factors: PersonFactors | undefined): factors is PersonFactors & { lost: object } =>
    factors?.lost !== undefined && !factors.lost.isStopped && isRecent(factors.lost.askedAt, LOST_WAIT_SECONDS + OPEN_SECONDS, now())
  const untilOf = (askedAt: number) => askedAt + LOST_WAIT_SECONDS

  function describe (user: User, factors: PersonFactors | undefined): LostState {
    const until = isOpen(factors) ? untilOf(factors.lost.askedAt) : undefined
    if (until !== undefined && (factors?.lost?.isTold || until > now())) return { kind: 'waiting', until }
    const isSoon = factors?.lost !== undefined && isRecent(factors.lost.askedAt, AGAIN_AFTER_SECONDS, now())
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
      const about = { link: app.accounts.urls.keepFactors(secret), until: untilOf(lost.askedAt) }
      sendFactorsLost(app, words, user, about, () => noteTold(app, records, user.id, lost.id))
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
      // What was removed does not come back when a clock that leapt is right again.
      const time = settled.now()
      const removed = await records.change<PersonFactors | undefined>(user.id, (before) =>
        isOpen(before) && before.lost.isTold && untilOf(before.lost.askedAt) <= time
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

/** From now on the waiting time counts: whoever reads one of the mailboxes could have read of it. Never rejects. */
async function noteTold ({ log }: FastifyInstance, records: FactorRecords, userId: string, id: string): Promise<void> {
  try {
    await records.change<void>(userId, (before) =>
      before?.lost?.id === id
        ? { factors: { ...before, lost: { ...before.lost, isTold: true } }, result: undefined }
        : { result: undefined }
    )
  } catch (error) {
    log.error({ err: error }, 'lost second factors will not be removed: storage could not note that their owner was told')
  }
}
