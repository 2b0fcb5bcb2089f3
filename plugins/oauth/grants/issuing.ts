// Issues the tokens of a grant: for its code, and for its refresh token (OAuth 2.1 §4.1.3, §4.3).
import type { Clock } from '../../../clock.ts'
import { invalidGrant, type OAuthError, type Reason } from '../../../errors.ts'
import { hashSecret, type Sealing } from '../../secrets.ts'
import type { Collection } from '../../storage/contract.ts'
import { createAnsweredSteps } from './answered-steps.ts'
import type { Grant, TokenSet } from './contract.ts'
import { RefreshFamily } from './refresh-family.ts'
import { issueServiceToken, type ServiceRequest } from './service-tokens.ts'
import { newToken, parseToken } from './token-format.ts'
import {
  redeemCode,
  rotateRefresh,
  type GrantCheck,
  type Issued,
  type Lifetimes,
  type Outcome,
  type RefreshRequest
} from './transitions.ts'

/** As in `Grants`, without what follows the end of a grant. */
export interface Issuing {
  redeem(code: string, check: GrantCheck, withRefresh: boolean): Promise<TokenSet>
  refresh(
    token: string,
    check: GrantCheck,
    scopes?: string[],
    beforeSpare?: RefreshRequest['beforeSpare']
  ): Promise<TokenSet>
  issueToService(request: ServiceRequest): Promise<TokenSet>
  takeBack(issued: TokenSet): void
}

export function createIssuing (store: Collection<Grant>, sealing: Sealing, clock: Clock, life: Lifetimes): Issuing {
  const { step, takeBack } = createAnsweredSteps(store, clock, refusal)
  return {
    takeBack,
    async redeem (code, check, withRefresh) {
      const parsed = parseToken('ac', code)
      if (!parsed) {
        throw invalidGrant('the authorization code is not valid; start the authorization again').because('code_expired')
      }
      const now = clock()
      const access = newToken('at', parsed.grantId)
      const first = withRefresh ? RefreshFamily.start(parsed.grantId, sealing) : undefined
      const family = first && {
        current: hashSecret(first.refresh),
        generation: 0,
        chain: first.sealedKey,
        rotatedAt: now,
        expiresAt: now + life.refreshTokenTtl
      }
      const tokens = { accessHash: hashSecret(access), ...(family && { family }) }
      return step(
        parsed.grantId,
        (grant) => redeemCode(grant, code, check, tokens, now, life),
        () => ({ access, ...(first && { refresh: first.refresh }) })
      )
    },
    issueToService: (request) => issueServiceToken(request, step, clock(), life),
    async refresh (token, check, scopes, beforeSpare) {
      const parsed = parseToken('rt', token)
      if (!parsed) throw invalidGrant('the refresh token is not valid; sign in again')
      const { grantId, generation } = parsed
      const family = new RefreshFamily(grantId, sealing)
      const spare = newToken('at', grantId)
      const spareAccessHash = hashSecret(spare)
      /**
       * Everything the transition needs to know about the tokens, for the grant as storage has
       * it now.
       */
      const requestFor = (grant: Grant): RefreshRequest => {
        const next = family.tokens(grant, generation + 1)
        return {
          token,
          generation,
          scopes,
          wasIssued: family.issued(grant, token, generation),
          accessHash: hashSecret(next.access),
          spareAccessHash,
          beforeSpare,
          successor: { hash: hashSecret(next.refresh), chain: family.seal(grant) }
        }
      }
      return step(
        grantId,
        (grant) => rotateRefresh(grant, grant?.refresh && requestFor(grant), check, clock(), life),
        ({ grant, accessHash }) => {
          const { access, refresh } = family.tokens(grant, generation + 1)
          return { access: accessHash === spareAccessHash ? spare : access, refresh }
        }
      )
    }
  }
}

/**
 * The cause of an invalid_grant that has just ended a grant: a code or refresh token was
 * presented a second time.
 */
export class TokenReuse extends Error {
  readonly grant: Grant

  constructor (grant: Grant) {
    super('used before')
    this.grant = grant
  }
}

const because = (error: OAuthError, reason: Reason | undefined) => (reason === undefined ? error : error.because(reason))

const refusal = (outcome: Exclude<Outcome, Issued>): OAuthError =>
  outcome.kind === 'refused'
    ? because(invalidGrant(outcome.reason), outcome.because)
    : invalidGrant('this was used before, so the grant it belongs to has been revoked; sign in again', {
      cause: new TokenReuse(outcome.grant)
    })
