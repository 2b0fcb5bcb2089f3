// The refresh tokens of one grant: each is derived from the family's key and a generation, so a client whose response
// was lost gets the same tokens again, and an old token is recognized without a list (OAuth 2.1 §4.3.1).
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { equalSecrets, type Sealing } from '../../secrets.ts'
import type { Grant } from './contract.ts'
import { accessTokenOf, refreshToken } from './token-format.ts'

const SEAL_PURPOSE = 'refresh chain'

/** The tokens of one generation. */
interface TokenPair {
  access: string
  refresh: string
}

/**
 * Derives the tokens of one grant for one request. Storage may run a decision several times; the key is unsealed once
 * for each sealed form.
 */
export class RefreshFamily {
  readonly #grantId: string
  readonly #sealing: Sealing
  /** Stands in for a key that was sealed under a secret key that no longer exists. */
  readonly #replacement = createSecretKey(randomBytes(32))
  #unsealed: { sealed: string; key: KeyObject | undefined } | undefined

  constructor (grantId: string, sealing: Sealing) {
    this.#grantId = grantId
    this.#sealing = sealing
  }

  /** A new family with its first refresh token. `sealedKey` is what the grant stores. */
  static start (grantId: string, sealing: Sealing): { refresh: string; sealedKey: string } {
    const key = randomBytes(32)
    return { refresh: refreshToken(grantId, createSecretKey(key), 0), sealedKey: sealing.seal(SEAL_PURPOSE, key) }
  }

  /** The tokens of a generation. They stay the same for as long as the family's key does. */
  tokens (grant: Grant, generation: number): TokenPair {
    const key = this.#key(grant)
    return {
      access: accessTokenOf(this.#grantId, key, generation),
      refresh: refreshToken(this.#grantId, key, generation)
    }
  }

  /** Whether this family once issued the token, at any generation. */
  issued (grant: Grant, token: string, generation: number): boolean {
    const key = this.#unseal(grant)
    return key !== undefined && equalSecrets(token, refreshToken(this.#grantId, key, generation))
  }

  /** The key sealed under the first secret key, as the grant stores it from now on. */
  seal (grant: Grant): string {
    const key = this.#key(grant)
    const sealed = this.#sealing.seal(SEAL_PURPOSE, key.export())
    this.#unsealed = { sealed, key }
    return sealed
  }

  /** A current token still works when its family's key cannot be read: the family continues with a new key. */
  #key (grant: Grant): KeyObject {
    return this.#unseal(grant) ?? this.#replacement
  }

  #unseal ({ refresh }: Grant): KeyObject | undefined {
    if (refresh === undefined) return undefined
    const sealed = refresh.chain
    if (this.#unsealed?.sealed !== sealed) {
      const bytes = this.#sealing.unseal(SEAL_PURPOSE, sealed)
      this.#unsealed = { sealed, key: bytes && createSecretKey(bytes) }
    }
    return this.#unsealed!.key
  }
}
