// Passkeys of people: asked for, made, shown, and refused where they are replayed, copied or another person's.
import { invalidRequest } from '../../errors.ts'
import { toDisplayName } from '../display-name.ts'
import { equalSecrets, randomSecret } from '../secrets.ts'
import type { User } from '../sign-in/contract.ts'
import { readAuthentication, readRegistration } from './answers.ts'
import { MAX_FACTORS, type AddedFactor, type SecondFactors } from './contract.ts'
import type { Deps } from './deps.ts'
import {
  CEREMONY_SECONDS,
  checkCreation,
  checkShown,
  creationOptions,
  requestOptions,
  type Shown
} from './passkeys.ts'
import { afterProof, beginningWith, describeFactors, hasFactor, type PersonFactors, type StoredPasskey } from './records.ts'

type Parts = 'beginPasskey' | 'addPasskey' | 'askForPasskey' | 'verifyPasskey' | 'stillHas'

interface MakeQuestion {
  browser: string
  userId: string
  challenge: string
  handle: string
}
interface ShowQuestion {
  browser: string
  userId?: string
  challenge: string
}

export function createPasskeyFactors (deps: Deps): Pick<SecondFactors, Parts> {
  const { records, party, questions } = deps
  const usable = (factors: PersonFactors | undefined) => (factors?.passkeys ?? []).filter(({ rpId }) => rpId === party.rpId)

  return {
    async beginPasskey (user, browser) {
      deps.checkMayAdd()
      if (!deps.takesPasskeys) throw invalidRequest({ key: 'second-factors.no-passkeys' })
      const factors = await records.find(user.id)
      checkRoom(factors)
      const handle = factors?.handle ?? randomSecret()
      const name = user.email ?? user.name ?? party.name
      const options = await creationOptions(party, { handle, name, displayName: user.name ?? name }, usable(factors))
      const content: MakeQuestion = { browser, userId: user.id, challenge: options.challenge, handle }
      return { options, state: questions.ask('make passkey', content, CEREMONY_SECONDS) }
    },
    addPasskey: (user, browser, answer) => addPasskey(deps, user, browser, answer),
    async askForPasskey (browser, userId) {
      const options = await requestOptions(party, userId === undefined ? undefined : usable(await records.find(userId)))
      const content: ShowQuestion = { browser, ...(userId !== undefined && { userId }), challenge: options.challenge }
      return { options, state: questions.ask('show passkey', content, CEREMONY_SECONDS) }
    },
    verifyPasskey: (browser, answer, userId) => verifyPasskey(deps, browser, answer, userId),
    async stillHas (userId, { response }) {
      const answer = readAuthentication(response)
      return answer !== undefined && (await records.findOwner(answer.id)) === userId
    }
  }
}

/** @throws invalid_request */
export function checkRoom (factors: PersonFactors | undefined): void {
  if (factors && factors.passkeys.length + factors.apps.length >= MAX_FACTORS) {
    throw invalidRequest({ key: 'second-factors.too-many', values: { max: MAX_FACTORS } })
  }
}

async function addPasskey (
  { records, party, questions, hosts, checkMayAdd, now, keepAdded }: Deps,
  user: User,
  browser: string,
  { state, response, name, isFirst }: Parameters<SecondFactors['addPasskey']>[2]
): ReturnType<SecondFactors['addPasskey']> {
  checkMayAdd()
  const question = questions.read<MakeQuestion>('make passkey', state)
  const answer = question && readRegistration(response)
  const userId = user.id
  if (!answer || question.userId !== userId || !equalSecrets(question.browser, browser)) return undefined
  checkRoom(await records.find(userId))
  const made = await checkCreation(party, question.challenge, answer)
  if (!made || !(await questions.spend(question))) return undefined
  if (!(await records.claim(made.credentialId, userId))) return undefined
  await hosts.note()
  const passkey: StoredPasskey = { ...made, name: toDisplayName(name, 'Passkey'), addedAt: now() }
  const { handle } = question
  const fresh: PersonFactors = { handle, passkeys: [], apps: [], recoveryCodes: [] }
  const added = await records.change<Pick<AddedFactor, 'first'> | undefined>(userId, (before = fresh) => {
    // Two that were begun at once know the person by different handles, and one set them up in
    // the meantime.
    if (before.handle !== handle || before.passkeys.length + before.apps.length >= MAX_FACTORS) return { result: undefined }
    if (isFirst && hasFactor(before)) return { result: undefined }
    const first = beginningWith(passkey, before)
    const factors = { ...before, ...(first && { first }), passkeys: [...before.passkeys, passkey] }
    return { factors, result: first ? { first: first.id } : {} }
  })
  if (!added) await records.free([passkey])
  if (!added || !(await keepAdded(user, passkey.id))) return undefined
  return { ...describeFactors({ ...fresh, passkeys: [passkey] }, party.rpId)[0]!, ...added }
}

async function verifyPasskey (
  { records, party, questions, now, log }: Deps,
  browser: string,
  { state, response }: Parameters<SecondFactors['verifyPasskey']>[1],
  userId: string | undefined
): Promise<string | undefined> {
  const question = questions.read<ShowQuestion>('show passkey', state)
  const answer = question && readAuthentication(response)
  if (!answer || question.userId !== userId || !equalSecrets(question.browser, browser)) return undefined
  const owner = await records.findOwner(answer.id)
  const factors = owner === undefined || (userId ?? owner) !== owner ? undefined : await records.find(owner)
  const passkey = factors?.passkeys.find(({ credentialId, rpId }) => credentialId === answer.id && rpId === party.rpId)
  if (!passkey || !isFor(factors!.handle, answer.response.userHandle, userId)) return undefined
  const shown = await checkShown(party, question.challenge, answer, passkey)
  if (!shown || !(await questions.spend(question))) return undefined
  const used = await records.change<'used' | 'copied' | 'gone'>(owner!, (before) => {
    const stored = before?.passkeys.find(({ id }) => id === passkey.id)
    if (!before || !stored) return { result: 'gone' }
    if (!isLater(stored, shown)) return { result: 'copied' }
    const { counter, isBackedUp } = shown
    const passkeys = before.passkeys.map((each) => (each === stored ? { ...each, counter, isBackedUp, lastUsedAt: now() } : each))
    return { factors: { ...afterProof(before), passkeys }, result: 'used' }
  })
  if (used === 'copied') log.warn({ user: owner, passkey: passkey.id }, 'a passkey was refused: its counter went back, so there may be a copy of it')
  return used === 'used' ? owner : undefined
}

/**
 * Authenticators may leave the handle out where they were told which passkeys are meant (§7.2
 * step 6).
 */
const isFor = (handle: string, shown: string | undefined, userId: string | undefined): boolean =>
  shown === undefined ? userId !== undefined : equalSecrets(shown, handle)

/** Many authenticators do not count: theirs stays 0 (§6.1.1). */
const isLater = (stored: StoredPasskey, { counter }: Shown): boolean =>
  (stored.counter === 0 && counter === 0) || counter > stored.counter
