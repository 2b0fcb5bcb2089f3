// Passkeys: a key pair that an authenticator keeps for this host and this person, and uses only after it has verified them
// (W3C Web Authentication Level 3, §7.1 and §7.2). Discoverable, so that one can also be the whole sign-in.
import type { AuthenticationResponseJSON, AuthenticatorTransport, RegistrationResponseJSON } from '@simplewebauthn/server'
import { randomSecret } from '../secrets.ts'
import type { StoredPasskey } from './records.ts'

/** How long an answer may take. */
export const CEREMONY_SECONDS = 300
/**
 * EdDSA, ES256 and RS256: what browsers and authenticators have (COSE algorithm identifiers).
 */
const ALGORITHMS = [-8, -7, -257]

/** What authenticators are told of this server. */
export interface RelyingParty {
  name: string
  /** The host of PUBLIC_URL. */
  rpId: string
  /** Scheme, host and port of PUBLIC_URL: answers from any other page are refused. */
  origin: string
}

/** What an authenticator has shown, with a right signature. */
export interface Shown {
  counter: number
  isBackedUp: boolean
}

const library = () => import('@simplewebauthn/server')

/**
 * @param known the person's passkeys: an authenticator that has one of them makes no second.
 */
export async function creationOptions (
  { name, rpId }: RelyingParty,
  person: { handle: string; name: string; displayName: string },
  known: readonly StoredPasskey[]
) {
  const { generateRegistrationOptions } = await library()
  return generateRegistrationOptions({
    rpName: name,
    rpID: rpId,
    userID: new Uint8Array(Buffer.from(person.handle, 'base64url')),
    userName: person.name,
    userDisplayName: person.displayName,
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: describe(known),
    supportedAlgorithmIDs: ALGORITHMS,
    timeout: CEREMONY_SECONDS * 1_000
  })
}

/** @param of the passkeys that may answer; any, if absent. */
export async function requestOptions ({ rpId }: RelyingParty, of?: readonly StoredPasskey[]) {
  const { generateAuthenticationOptions } = await library()
  return generateAuthenticationOptions({
    rpID: rpId,
    userVerification: 'required',
    ...(of && { allowCredentials: describe(of) }),
    timeout: CEREMONY_SECONDS * 1_000
  })
}

const describe = (passkeys: readonly StoredPasskey[]) =>
  passkeys.map(({ credentialId, transports }) => ({
    id: credentialId,
    ...(transports && { transports: transports as AuthenticatorTransport[] })
  }))

/**
 * @returns the passkey as it will be stored; undefined for an answer that is not right.
 */
export async function checkCreation (
  { rpId, origin }: RelyingParty,
  challenge: string,
  response: RegistrationResponseJSON
): Promise<Omit<StoredPasskey, 'name' | 'addedAt'> | undefined> {
  const { verifyRegistrationResponse } = await library()
  if (!(await hasNoCertificate(response))) return undefined
  const checked = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: ALGORITHMS
  }).catch(refused)
  if (!checked?.verified) return undefined
  const { credential, credentialBackedUp } = checked.registrationInfo
  // The id outside is what the browser says; the one inside is the authenticator's.
  if (credential.id !== response.id) return undefined
  return {
    id: randomSecret(12),
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    ...(credential.transports && { transports: credential.transports }),
    isBackedUp: credentialBackedUp,
    rpId
  }
}

/**
 * @returns undefined for an answer that is not right. The counter is for the caller to
 * compare, with what is stored then.
 */
export async function checkShown (
  { rpId, origin }: RelyingParty,
  challenge: string,
  response: AuthenticationResponseJSON,
  { credentialId, publicKey }: StoredPasskey
): Promise<Shown | undefined> {
  const { verifyAuthenticationResponse } = await library()
  const checked = await verifyAuthenticationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: true,
    credential: { id: credentialId, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')), counter: 0 }
  }).catch(refused)
  if (!checked?.verified) return undefined
  return { counter: checked.authenticationInfo.newCounter, isBackedUp: checked.authenticationInfo.credentialBackedUp }
}

/**
 * The library throws for every answer that it refuses: none is a fault of this server.
 */
const refused = (): undefined => undefined

/**
 * None was asked for, and a browser takes it out (§5.1.3). The library would fetch the revocation lists that one names:
 * requests that somebody else chooses.
 */
async function hasNoCertificate ({ response }: RegistrationResponseJSON): Promise<boolean> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  try {
    const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(response.attestationObject, 'base64url')))
    const format = attestation.get('fmt')
    return format === 'none' || (format === 'packed' && attestation.get('attStmt').get('x5c') === undefined)
  } catch {
    return false
  }
}
