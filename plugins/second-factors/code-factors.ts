// Authenticator apps and recovery codes of people: set up, shown once each, and slow to guess.
// Tested in test/plugins/second-factors/apps.test.ts and test/plugins/second-factors/recovery-codes.test.ts.
import { tooManyRequests } from '../../errors.ts'
import { toDisplayName } from '../display-name.ts'
import { randomSecret } from '../secrets.ts'
import type { User } from '../sign-in/contract.ts'
import type { AppCodes } from './apps.ts'
import type { AddedFactor, SecondFactors } from './contract.ts'
import { waitAfterGuesses, withFailure } from './guesses.ts'
import type { Deps } from './deps.ts'
import { checkRoom } from './passkey-factors.ts'
import { makeRecoveryCodes, readCode, withoutCode } from './recovery-codes.ts'
import { afterProof, beginningWith, describeFactors, hasFactor, type PersonFactors, type StoredApp } from './records.ts'

/** Seconds to install an app and scan its code. */
const SET_UP_SECONDS = 900

interface SetUpQuestion {
  userId: string
  secret: string
}

type Parts = 'beginApp' | 'addApp' | 'verifyCode' | 'newRecoveryCodes' | 'recoveryCodesOf'

export function createCodeFactors (deps: Deps): Pick<SecondFactors, Parts> {
  const { records, party, questions, sealing } = deps
  return {
    async beginApp (user, again = '') {
      deps.checkMayAdd()
      checkRoom(await records.find(user.id))
      const before = questions.read<SetUpQuestion>('set up app', again)
      const known = before?.userId === user.id ? before.secret : undefined
      const app = await (await deps.appCodes()).describe(party.name, user.email ?? user.name ?? party.rpId, known)
      const content: SetUpQuestion = { userId: user.id, secret: app.secret }
      return { ...app, state: known === undefined ? questions.ask('set up app', content, SET_UP_SECONDS) : again }
    },
    addApp: (user, answer) => addApp(deps, user, answer),
    async verifyCode (userId, typed) {
      const read = readCode(typed)
      if (read?.kind === 'app') return verifyAppCode(deps, await deps.appCodes(), userId, read.digits)
      return read && spendRecoveryCode(deps, userId, read.code)
    },
    newRecoveryCodes (userId) {
      const { shown, stored } = makeRecoveryCodes(sealing, userId)
      return records.change<string[]>(userId, (before) =>
        hasFactor(before) ? { factors: { ...before, recoveryCodes: stored }, result: shown } : { result: [] }
      )
    },
    recoveryCodesOf: async (userId) => (await records.find(userId))?.recoveryCodes.length ?? 0
  }
}

async function addApp (
  { records, party, questions, appCodes, checkMayAdd, now, keepAdded }: Deps,
  user: User,
  { state, code, name, isFirst }: Parameters<SecondFactors['addApp']>[1]
): ReturnType<SecondFactors['addApp']> {
  checkMayAdd()
  const question = questions.read<SetUpQuestion>('set up app', state)
  const read = readCode(code)
  const userId = user.id
  if (question?.userId !== userId || read?.kind !== 'app') return undefined
  const codes = await appCodes()
  const step = codes.stepOf(question.secret, read.digits)
  if (step === undefined) return undefined
  checkRoom(await records.find(userId))
  if (!(await questions.spend(question))) return undefined
  const app: StoredApp = {
    id: randomSecret(12),
    name: toDisplayName(name, 'Authenticator'),
    addedAt: now(),
    sealed: codes.seal(userId, question.secret),
    // The code that set it up does not sign anybody in afterwards.
    lastStep: step
  }
  const fresh: PersonFactors = { handle: randomSecret(), passkeys: [], apps: [], recoveryCodes: [] }
  const added = await records.change<Pick<AddedFactor, 'first'> | undefined>(userId, (before = fresh) => {
    checkRoom(before)
    if (isFirst && hasFactor(before)) return { result: undefined }
    const first = beginningWith(app, before)
    const factors = { ...before, ...(first && { first }), apps: [...before.apps, app] }
    return { factors, result: first ? { first: first.id } : {} }
  })
  if (!added || !(await keepAdded(user, app.id))) return undefined
  return { ...describeFactors({ ...fresh, apps: [app] }, party.rpId)[0]!, ...added }
}

async function verifyAppCode ({ records, now }: Deps, codes: AppCodes, userId: string, digits: string): Promise<'app' | undefined> {
  const answer = await records.change<{ wait: number } | 'app' | undefined>(userId, (before) => {
    if (!before || before.apps.length === 0) return { result: undefined }
    const wait = waitAfterGuesses(before.failures, now())
    if (wait > 0) return { result: { wait } }
    const matched = codes.match(userId, before.apps, digits)
    if (!matched) return { factors: { ...before, failures: withFailure(before.failures, now()) }, result: undefined }
    const { step, app } = matched
    const apps = before.apps.map((each) => (each === app ? { ...each, lastStep: step, lastUsedAt: now() } : each))
    return { factors: { ...afterProof(before), apps }, result: 'app' }
  })
  if (typeof answer === 'object') throw tooManyRequests(answer.wait)
  return answer
}

const spendRecoveryCode = ({ records, sealing }: Deps, userId: string, code: string): Promise<'recovery code' | undefined> =>
  records.change<'recovery code' | undefined>(userId, (before) => {
    const left = before && withoutCode(sealing, userId, before.recoveryCodes, code)
    return left ? { factors: { ...afterProof(before), recoveryCodes: left }, result: 'recovery code' } : { result: undefined }
  })
