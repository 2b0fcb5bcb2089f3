// An authenticator in software (Web Authentication §6): it makes
// passkeys and shows them, rightly or in any wrong way.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'
import type { PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'

/** What it does otherwise than it should. */
export interface Wrong {
  origin?: string
  rpId?: string
  type?: string
  challenge?: string
  /** Of its signatures so far; none counts up by itself. */
  counter?: number
  /** It asked nobody for a finger or a PIN. */
  isUnverified?: boolean
  isAbsent?: boolean
  userHandle?: string | null
  /** Members of the client data besides. */
  clientData?: object
  /** Instead of its own. */
  credentialId?: string
  signedBy?: Authenticator
  format?: string
  statement?: Map<string, unknown>
}

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()

export class Authenticator {
  readonly credentialId = randomBytes(32).toString('base64url')
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  /** The person, as the server named them to it. */
  handle = ''
  readonly origin: string

  /** @param origin of the page that it answers. */
  constructor (origin: string) {
    this.origin = origin
  }

  get key (): KeyObject {
    return this.#keys.privateKey
  }

  /** @returns the answer as a page posts it. */
  create (options: PublicKeyCredentialCreationOptionsJSON, wrong: Wrong = {}): string {
    this.handle = options.user.id
    const { x, y } = this.#keys.publicKey.export({ format: 'jwk' })
    const cose = new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x!)],
      [-3, bytes(y!)]
    ])
    const id = bytes(wrong.credentialId ?? this.credentialId)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(id.length)
    const attested = Buffer.concat([Buffer.alloc(16), length, id, isoCBOR.encode(cose as never)])
    const authData = this.#authData(options.rp.id!, wrong, attested)
    const attestation = new Map<string, unknown>([
      ['fmt', wrong.format ?? 'none'],
      ['attStmt', wrong.statement ?? new Map()],
      ['authData', new Uint8Array(authData)]
    ])
    return this.#answer(wrong, {
      clientDataJSON: this.#clientData('webauthn.create', options.challenge, wrong),
      attestationObject: Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url'),
      transports: ['internal']
    })
  }

  /** See {@link create}. */
  get (options: PublicKeyCredentialRequestOptionsJSON, wrong: Wrong = {}): string {
    const clientDataJSON = this.#clientData('webauthn.get', options.challenge, wrong)
    const authenticatorData = this.#authData(options.rpId!, wrong)
    const signed = Buffer.concat([authenticatorData, sha256(Buffer.from(clientDataJSON, 'base64url'))])
    const userHandle = wrong.userHandle === undefined ? this.handle : wrong.userHandle
    return this.#answer(wrong, {
      clientDataJSON,
      authenticatorData: authenticatorData.toString('base64url'),
      signature: sign('sha256', signed, (wrong.signedBy ?? this).key).toString('base64url'),
      ...(userHandle !== null && { userHandle })
    })
  }

  #answer ({ credentialId = this.credentialId }: Wrong, response: object): string {
    return JSON.stringify({ id: credentialId, rawId: credentialId, type: 'public-key', clientExtensionResults: {}, response })
  }

  #clientData (type: string, challenge: string, wrong: Wrong): string {
    const asked = { type: wrong.type ?? type, challenge: wrong.challenge ?? challenge }
    const data = { ...asked, origin: wrong.origin ?? this.origin, crossOrigin: false }
    return Buffer.from(JSON.stringify({ ...data, ...wrong.clientData })).toString('base64url')
  }

  #authData (rpId: string, { rpId: other, counter = 0, isUnverified, isAbsent }: Wrong, attested?: Buffer): Buffer {
    const flags = (isAbsent ? 0 : 1) + (isUnverified ? 0 : 4) + (attested ? 64 : 0)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([sha256(other ?? rpId), Buffer.of(flags), count, attested ?? Buffer.alloc(0)])
  }
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
