// Passkeys work for the host they were made for, and PUBLIC_URL may get another one: the log says then what stops working
// (Web Authentication §5.1.2, "rpId").
// Tested in test/plugins/second-factors/hosts.test.ts.
import type { FastifyInstance } from 'fastify'
import type { FactorRecords } from './records.ts'

export interface PasskeyHosts {
  /** A passkey was made for this host. */
  note(): Promise<void>
  /**
   * At the start. Looks through the people only where a passkey was made for another host.
   */
  warn(): Promise<void>
}

/** @param rpId the host of PUBLIC_URL. */
export function createPasskeyHosts (
  { storage, log }: Pick<FastifyInstance, 'storage' | 'log'>,
  records: FactorRecords,
  rpId: string
): PasskeyHosts {
  const hosts = storage.collection<object>('passkeyHost')
  return {
    async note () {
      await hosts.create(rpId, {}, null)
    },
    async warn () {
      const found = await Array.fromAsync(hosts.all())
      const left = new Map(found.filter(({ id }) => id !== rpId).map(({ id }) => [id, { passkeys: 0, people: 0 }]))
      if (left.size === 0) return
      for await (const { record } of records.all()) {
        for (const [host, count] of left) {
          const made = record.passkeys.filter((passkey) => passkey.rpId === host).length
          count.passkeys += made
          count.people += made > 0 ? 1 : 0
        }
      }
      for (const [host, { passkeys, people }] of left) {
        if (passkeys === 0) await hosts.delete(host)
        else log.warn(describe(host, rpId, passkeys, people))
      }
    }
  }
}

const describe = (host: string, rpId: string, passkeys: number, people: number): string =>
  `${passkeys} passkeys of ${people} people were made for ${host} and do not work for ${rpId}, the host of PUBLIC_URL. ` +
  'These people sign in with their other ways and a recovery code, and then add a new passkey; ' +
  'The command `users factors remove` helps whoever has neither. With the old PUBLIC_URL they work again.'
