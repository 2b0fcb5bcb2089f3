// Which grant a code or token belongs to, and whether a refresh token may still be used. Nothing here changes a grant
// but `takeByToken` (RFC 7009 §2.1).
import { invalidGrant } from '../../../errors.ts'
import { equalSecrets, hashSecret, type Sealing } from '../../secrets.ts'
import type { Collection } from '../../storage/contract.ts'
import type { Grant, HolderOf } from './contract.ts'
import { RefreshFamily } from './refresh-family.ts'
import { parseToken } from './token-format.ts'

/** Whether a refresh token is the current one, or one of ours that storage lost when it was set back. */
export function mayRotate (grant: Grant, token: string, sealing: Sealing): boolean {
  const { current, generation } = grant.refresh!
  if (equalSecrets(current, hashSecret(token))) return true
  const parsed = parseToken('rt', token)
  return parsed !== undefined && parsed.generation > generation && wasIssued(grant, token, sealing)
}

/** Whether the token is this grant's: a live access token, or a refresh token of any generation. */
function holds (grant: Grant, token: string, sealing: Sealing): boolean {
  const hash = hashSecret(token)
  return (
    Object.hasOwn(grant.accessTokens, hash) ||
    (grant.refresh !== undefined && equalSecrets(grant.refresh.current, hash)) ||
    wasIssued(grant, token, sealing)
  )
}

function wasIssued (grant: Grant, token: string, sealing: Sealing): boolean {
  const parsed = parseToken('rt', token)
  return parsed !== undefined && new RefreshFamily(grant.id, sealing).issued(grant, token, parsed.generation)
}

/** See {@link HolderOf}. */
export async function holderOf (
  store: Pick<Collection<Grant>, 'find'>,
  sealing: Sealing,
  token: string,
  clientId: string
): ReturnType<HolderOf> {
  const parsed = parseToken('rt', token) ?? parseToken('at', token) ?? parseToken('ac', token)
  const grant = parsed && (await store.find(parsed.grantId))
  if (!grant || grant.clientId !== clientId) return undefined
  const { code, user } = grant
  const isOurs =
    parsed.kind === 'ac'
      ? code !== undefined && equalSecrets(code.hash, hashSecret(token))
      : holds(grant, token, sealing)
  return isOurs ? user.id : undefined
}

/**
 * Removes the grant of an access or refresh token, in one step.
 * @returns the grant as it was; undefined when the token is not one of ours.
 * @throws invalid_grant for a token of another client, with nothing changed.
 */
export async function takeByToken (
  store: Collection<Grant>,
  sealing: Sealing,
  token: string,
  clientId: string
): Promise<Grant | undefined> {
  const parsed = parseToken('rt', token) ?? parseToken('at', token)
  if (!parsed) return undefined
  return store.update<Grant | undefined>(parsed.grantId, (grant) => {
    if (!grant || !holds(grant, token, sealing)) return { result: undefined }
    if (grant.clientId !== clientId) throw invalidGrant('the token was issued to another client')
    return { remove: true, result: grant }
  })
}
