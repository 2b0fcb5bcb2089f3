// Second factors of people. Decorates the app with `secondFactors`. What a person has is one record (records.ts); passkeys
// are in passkey-factors.ts, apps and recovery codes in code-factors.ts, the way back of somebody who has lost them in
// lost.ts, and of somebody to whom another person gave the first in first.ts.
// Tested in test/plugins/second-factors/.
import { isIP } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config/index.ts'
import { accessDenied } from '../../errors.ts'
import { toDisplayName } from '../display-name.ts'
import { createAppCodes, type AppCodes } from './apps.ts'
import { createCodeFactors } from './code-factors.ts'
import type { SecondFactors } from './contract.ts'
import type { Deps } from './deps.ts'
import { createFirst } from './first.ts'
import { createPasskeyHosts } from './hosts.ts'
import { createLost, type Lost } from './lost.ts'
import { createPasskeyFactors } from './passkey-factors.ts'
import { createQuestions } from './questions.ts'
import { describeFactors, hasFactor, openRecords, type FactorRecords, type PersonFactors } from './records.ts'

type Settings = Pick<Config, 'publicUrl' | 'mfa'>

export default fp(
  async function secondFactors (app: FastifyInstance, { publicUrl, mfa }: Settings) {
    const { hostname, origin } = new URL(publicUrl)
    const records = openRecords(app)
    const hosts = createPasskeyHosts(app, records, hostname)
    let appCodes: Promise<AppCodes> | undefined
    const deps: Deps = {
      sealing: app.sealing,
      now: app.now,
      log: app.log,
      records,
      questions: createQuestions(app),
      party: { name: app.identity.name, rpId: hostname, origin },
      hosts,
      takesPasskeys: isIP(hostname.replaceAll(/[[\]]/g, '')) === 0,
      appCodes: () => (appCodes ??= createAppCodes(app)),
      checkMayAdd () {
        if (mfa === 'off') throw accessDenied({ key: 'second-factors.off' })
      },
      async keepAdded ({ id, sessionEpoch }, factorId) {
        const now = await app.userStore.records.find(id)
        if (!now) await records.delete(id)
        else if (now.sessionEpoch === sessionEpoch) return true
        else await remove(deps, id, factorId)
        return false
      }
    }
    const lost = createLost(app, records)
    app.decorate('secondFactors', {
      policy: mfa,
      takesPasskeys: deps.takesPasskeys,
      neededAfter: createPolicy(app, mfa, records, lost),
      ...createPasskeyFactors(deps),
      ...createCodeFactors(deps),
      ...createManagement(deps),
      lost,
      first: createFirst(app, records)
    })
    app.addHook('onReady', () => hosts.warn())
  },
  { name: 'second-factors', dependencies: ['storage', 'identity', 'audit', 'mail', 'user-store'] }
)

/**
 * NIST SP 800-63B-4 §2.2: asked for after any backend, unless what was shown already is two
 * factors.
 */
function createPolicy (
  app: Pick<FastifyInstance, 'signIn'>,
  mfa: Config['mfa'],
  records: FactorRecords,
  lost: Lost
): SecondFactors['neededAfter'] {
  return async (user, backend, shown) => {
    if (mfa === 'off' || shown.secondFactor || shown.passkey) return 'nothing'
    if (hasFactor(await records.find(user.id)) && !(await lost.removeIfDue(user))) return 'verify'
    // Whoever has their password elsewhere is that service's to ask.
    return mfa === 'required' && app.signIn.backends.get(backend)?.accounts ? 'enrol' : 'nothing'
  }
}

const isOther = (factorId: string) => ({ id }: { id: string }) => id !== factorId
const hasId = ({ passkeys, apps }: PersonFactors, factorId: string) => [...passkeys, ...apps].some(({ id }) => id === factorId)

async function remove ({ records }: Pick<Deps, 'records'>, userId: string, factorId: string): Promise<boolean> {
  const removed = await records.change<PersonFactors | undefined>(userId, (before) => {
    if (!before || !hasId(before, factorId)) return { result: undefined }
    const left = { passkeys: before.passkeys.filter(isOther(factorId)), apps: before.apps.filter(isOther(factorId)) }
    return { factors: { ...before, ...left }, result: before }
  })
  if (!removed) return false
  await records.free(removed.passkeys.filter(({ id }) => id === factorId))
  return true
}

function createManagement ({ records, party }: Deps): Pick<SecondFactors, 'list' | 'hasAny' | 'rename' | 'remove' | 'removeAll'> {
  return {
    list: async (userId) => describeFactors(await records.find(userId), party.rpId),
    hasAny: async (userId) => hasFactor(await records.find(userId)),
    rename: (userId, factorId, name) =>
      records.change<boolean>(userId, (before) => {
        const clean = toDisplayName(name, '')
        if (!before || clean === '' || !hasId(before, factorId)) return { result: false }
        const renamed = <T extends { id: string; name: string }>(each: T): T => (each.id === factorId ? { ...each, name: clean } : each)
        return { factors: { ...before, passkeys: before.passkeys.map(renamed), apps: before.apps.map(renamed) }, result: true }
      }),
    remove: (userId, factorId) => remove({ records }, userId, factorId),
    removeAll: (userId) => records.delete(userId)
  }
}
