// Issues the tokens of a grant: for its code, and for its refresh token (OAuth 2.1 §4.1.3, §4.3). What a refresh leads
// to is derived, so that a client whose answer was lost gets the same answer again.
import { randomBytes } from 'node:crypto'
import { invalidGrant, type OAuthError } from '../../../errors.ts'
import { StorageUnavailable, type Change, type Collection } from '../../storage/contract.ts'
import { equalSecrets, hashSecret, type Sealing } from '../../secrets.ts'
import type { Clock } from '../../../clock.ts'
import type { Grant, TokenSet } from './contract.ts'
import { redeemCode, rotateRefresh, type CodeCheck, type Issued, type Lifetimes, type Outcome } from './transitions.ts'
import { accessTokenOf, newToken, parseToken, refreshToken } from './token-format.ts'
import { createTurns } from './grant-queue.ts'
import { createUnanswered, type UnansweredChange } from './undo-unanswered.ts'

const CHAIN = 'refresh chain'

/** As in `Grants`, without what follows the end of a grant. */
export interface Issuing {
  redeem(code: string, check: CodeCheck, withRefresh: boolean): Promise<TokenSet>
  refresh(token: string, check: CodeCheck, scopes?: string[]): Promise<TokenSet>
  takeBack(issued: TokenSet): void
}

export function createIssuing (store: Collection<Grant>, sealing: Sealing, clock: Clock, life: Lifetimes): Issuing {
  const { step, takeBack } = createSteps(store, clock)
  return {
    takeBack,
    async redeem (code, check, withRefresh) {
      const parsed = parseToken('ac', code)
      if (!parsed) throw invalidGrant('the authorization code is not valid; start the authorization again')
      const now = clock()
      const access = newToken('at', parsed.grantId)
      const chain = randomBytes(32)
      const first = withRefresh ? refreshToken(parsed.grantId, chain, 0) : undefined
      const family = first !== undefined && {
        current: hashSecret(first),
        generation: 0,
        chain: sealing.seal(CHAIN, chain),
        rotatedAt: now,
        expiresAt: now + life.refreshTokenTtl
      }
      const tokens = { accessHash: hashSecret(access), ...(family && { family }) }
      return step(
        parsed.grantId,
        (grant) => redeemCode(grant, code, check, tokens, now, life),
        () => ({ access, ...(first !== undefined && { refresh: first }) })
      )
    },
    async refresh (token, check, scopes) {
      const parsed = parseToken('rt', token)
      if (!parsed) throw invalidGrant('the refresh token is not valid; sign in again')
      const { grantId, generation } = parsed
      const derived = createDerived(sealing, grantId, generation + 1)
      const spare = newToken('at', grantId)
      const request = {
        token,
        generation,
        scopes,
        wasIssued: (grant: Grant) => derives(grant, token, generation, sealing),
        accessHash: (grant: Grant) => hashSecret(derived.of(grant).access),
        spareAccessHash: hashSecret(spare),
        successor: (grant: Grant) => ({ hash: hashSecret(derived.of(grant).refresh), chain: derived.sealed(grant) })
      }
      return step(
        grantId,
        (grant) => rotateRefresh(grant, request, check, clock(), life),
        ({ grant, accessHash }) => {
          const { access, refresh } = derived.of(grant)
          return { access: accessHash === request.spareAccessHash ? spare : access, refresh }
        }
      )
    }
  }
}

type Decide = (grant: Grant | undefined) => Change<Grant, Outcome>

/**
 * Steps on grants, one after the other for one grant. Where storage does not say whether a step was done, it is taken
 * back as soon as storage answers.
 */
function createSteps (store: Collection<Grant>, clock: Clock) {
  const inTurn = createTurns()
  const unanswered = createUnanswered(store, clock)
  const changes = new WeakMap<TokenSet, UnansweredChange>()

  async function step (
    grantId: string,
    decide: Decide,
    tokensOf: (issued: Issued) => { access: string; refresh?: string }
  ): Promise<TokenSet> {
    let change: UnansweredChange | undefined
    const watched: Decide = (before) => {
      const decided = decide(before)
      const isNew = decided.result.kind === 'issued' && decided.result.retry === undefined
      change = before && decided.write && isNew ? { before, after: decided.write.record } : undefined
      return decided
    }
    try {
      const outcome = await inTurn(grantId, async () => {
        await unanswered.settle(grantId)
        return store.update(grantId, watched)
      })
      if (outcome.kind !== 'issued') throw refusal(outcome)
      const answer = toTokenSet(outcome, tokensOf(outcome))
      if (change) changes.set(answer, change)
      return answer
    } catch (error) {
      if (error instanceof StorageUnavailable && change) unanswered.add(change)
      throw error
    }
  }
  return {
    step,
    takeBack (tokens: TokenSet): void {
      const change = changes.get(tokens)
      if (change) unanswered.add(change)
    }
  }
}

function toTokenSet (
  { grant, accessHash, expiresIn, retry }: Issued,
  { access, refresh }: { access: string; refresh?: string }
): TokenSet {
  const { scopes } = grant.accessTokens[accessHash]!
  return {
    accessToken: access,
    expiresIn,
    ...(refresh !== undefined && { refreshToken: refresh }),
    scopes,
    grant,
    ...(retry && { retry })
  }
}

/**
 * The tokens of one generation of a family, derived once in a request. A chain that is sealed with a key that is gone
 * cannot be read: the current token still works, and a new chain begins with it.
 */
function createDerived (sealing: Sealing, grantId: string, generation: number) {
  const fresh = randomBytes(32)
  let known: { sealed: string; key: Buffer; access: string; refresh: string } | undefined
  const of = ({ refresh }: Grant) => {
    const sealed = refresh!.chain
    if (known?.sealed !== sealed) {
      const key = sealing.unseal(CHAIN, sealed) ?? fresh
      known = {
        sealed,
        key,
        access: accessTokenOf(grantId, key, generation),
        refresh: refreshToken(grantId, key, generation)
      }
    }
    return known
  }
  return {
    of,
    /** The chain as it is kept from now on. */
    sealed (grant: Grant): string {
      known = { ...of(grant), sealed: sealing.seal(CHAIN, of(grant).key) }
      return known.sealed
    }
  }
}

/** Whether this family once issued the token, at whatever generation. */
function derives (grant: Grant, token: string, generation: number, sealing: Sealing): boolean {
  const chain = grant.refresh && sealing.unseal(CHAIN, grant.refresh.chain)
  return chain !== undefined && equalSecrets(token, refreshToken(grant.id, chain, generation))
}

/** Whether a refresh token is the current one, or one of ours that storage has lost by being set back. */
export function mayRotate (grant: Grant, token: string, sealing: Sealing): boolean {
  const { current, generation } = grant.refresh!
  if (equalSecrets(current, hashSecret(token))) return true
  const parsed = parseToken('rt', token)
  return parsed !== undefined && parsed.generation > generation && derives(grant, token, parsed.generation, sealing)
}

/** Whether the token is this grant's: a live access token, or a refresh token of any generation. */
export function holds (grant: Grant, token: string, sealing: Sealing): boolean {
  const hash = hashSecret(token)
  if (Object.hasOwn(grant.accessTokens, hash) || (grant.refresh && equalSecrets(grant.refresh.current, hash))) { return true }
  const parsed = parseToken('rt', token)
  return parsed !== undefined && derives(grant, token, parsed.generation, sealing)
}

/** Whether a code or token, used or not, is of a grant of this client. */
export async function isHeld (
  store: Pick<Collection<Grant>, 'find'>,
  sealing: Sealing,
  token: string,
  clientId: string
): Promise<boolean> {
  const parsed = parseToken('rt', token) ?? parseToken('at', token) ?? parseToken('ac', token)
  const grant = parsed && (await store.find(parsed.grantId))
  if (!grant || grant.clientId !== clientId) return false
  return parsed.kind === 'ac' ? equalSecrets(grant.code.hash, hashSecret(token)) : holds(grant, token, sealing)
}

/** The cause of an invalid_grant that has just ended a grant: a code or refresh token came that was spent. */
export class TokenReuse extends Error {
  readonly grant: Grant

  constructor (grant: Grant) {
    super('used before')
    this.grant = grant
  }
}

const refusal = (outcome: Exclude<Outcome, { kind: 'issued' }>): OAuthError =>
  outcome.kind === 'refused'
    ? invalidGrant(outcome.reason)
    : invalidGrant('this was used before, so the grant it belongs to has been revoked; sign in again', {
      cause: new TokenReuse(outcome.grant)
    })
