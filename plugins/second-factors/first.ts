// For somebody whose password another person has: the mail about the first factor of their account has a link that removes
// it, and all that came after it, since they could not sign in to do so (threat SF-15).
// Tested in test/routes/account/second-factors/undo.test.ts.
import type { FastifyInstance } from 'fastify'
import type { FirstFactor } from './contract.ts'
import { sendFactorChanged, sendFactorsUndone, sendFirstFactor } from './mails.ts'
import { hasFactor, isFirstOpen, type FactorRecords, type PersonFactors } from './records.ts'

const SEALED_FOR = 'removal of a first second factor'
const MAX_SECRET_CHARS = 500

export function createFirst (app: FastifyInstance, records: FactorRecords): FirstFactor {
  const { now, sealing } = app
  const isFor = (factors: PersonFactors | undefined, id: string): factors is PersonFactors =>
    hasFactor(factors) && factors.first?.id === id && isFirstOpen(factors.first, now())

  function unseal (secret: string): [userId: string, id: string] | undefined {
    const opened = secret.length <= MAX_SECRET_CHARS ? sealing.unseal(SEALED_FOR, secret) : undefined
    return opened && (JSON.parse(opened.toString()) as [string, string])
  }
  async function findOwner (secret: string): Promise<string | undefined> {
    const [userId, id] = unseal(secret) ?? []
    return userId !== undefined && isFor(await records.find(userId), id!) ? userId : undefined
  }

  return {
    tellAdded ({ words }, user, { id, name, first }) {
      if (first === undefined) return sendFactorChanged(app, words, user, { change: 'factor-added', factor: name })
      const secret = sealing.seal(SEALED_FOR, Buffer.from(JSON.stringify([user.id, first])))
      // Whoever removes theirs and adds it again uses up none of the messages that tell of the next beginning.
      const purpose = first === id ? 'first-factor' : 'notice'
      sendFirstFactor(app, words, user, purpose, { factor: name, link: app.accounts.urls.undoFactors(secret) })
    },
    findOwner,
    async undo (request, secret) {
      const userId = await findOwner(secret)
      const user = userId === undefined ? undefined : await app.signIn.lifecycle.find(userId)
      if (!user) return undefined
      // First: what is being added meanwhile is not there afterwards (threat SF-14).
      await app.signIn.lifecycle.signOutEverywhere(user.id)
      const removed = await records.change<PersonFactors | undefined>(user.id, (before) => {
        if (!isFor(before, unseal(secret)![1])) return { result: undefined }
        const { first: _, ...rest } = before
        return { factors: { ...rest, passkeys: [], apps: [] }, result: before }
      })
      if (!removed) return undefined
      // Whoever has come in by it meanwhile is out as well (threat AC-31).
      await app.signIn.lifecycle.signOutEverywhere(user.id)
      await records.free(removed.passkeys)
      app.audit.record(request, 'factor_removed', { user: user.id, reason: 'not me' })
      app.audit.record(request, 'sign_out_everywhere', { user: user.id, reason: 'not me' })
      sendFactorsUndone(app, request.words, user, app.accounts.urls.forgot)
      return user
    }
  }
}
