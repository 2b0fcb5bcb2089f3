// Runs the changes of a grant one after the other, and undoes those whose response the client never got, as soon as
// storage answers (OAuth 2.1 §4.3.1).
// Tested in test/plugins/oauth/grants/undo-unanswered.test.ts.
import type { Clock } from '../../../clock.ts'
import { StorageUnavailable, type Change, type Collection } from '../../storage/contract.ts'
import type { Grant, TokenSet } from './contract.ts'
import { createGrantQueue } from './grant-queue.ts'
import type { Issued, Outcome } from './transitions.ts'
import { createUnanswered, type UnansweredChange } from './undo-unanswered.ts'

export type Decide = (grant: Grant | undefined) => Change<Grant, Outcome>

export interface AnsweredSteps {
  /**
   * One atomic step on a grant.
   * @param tokensOf the tokens in clear for what was issued.
   * @throws the error that `refuse` makes of any other outcome; StorageUnavailable.
   */
  step(grantId: string, decide: Decide, tokensOf: (issued: Issued) => Tokens): Promise<TokenSet>
  /** Undoes the step that issued these tokens, unless it was a retry or the grant has changed since. */
  takeBack(tokens: TokenSet): void
}

export interface Tokens {
  access: string
  refresh?: string
}

export function createAnsweredSteps (
  store: Collection<Grant>,
  clock: Clock,
  refuse: (outcome: Exclude<Outcome, Issued>) => Error
): AnsweredSteps {
  const inTurn = createGrantQueue()
  const unanswered = createUnanswered(store, clock)
  const changes = new WeakMap<TokenSet, UnansweredChange>()
  return {
    async step (grantId, decide, tokensOf) {
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
        if (outcome.kind !== 'issued') throw refuse(outcome)
        const tokens = toTokenSet(outcome, tokensOf(outcome))
        if (change) changes.set(tokens, change)
        return tokens
      } catch (error) {
        if (error instanceof StorageUnavailable && change) unanswered.add(change)
        throw error
      }
    },
    takeBack (tokens) {
      const change = changes.get(tokens)
      if (change) unanswered.add(change)
    }
  }
}

function toTokenSet ({ grant, accessHash, expiresIn, retry }: Issued, { access, refresh }: Tokens): TokenSet {
  return {
    accessToken: access,
    expiresIn,
    ...(refresh !== undefined && { refreshToken: refresh }),
    scopes: grant.accessTokens[accessHash]!.scopes,
    grant,
    ...(retry && { retry })
  }
}
