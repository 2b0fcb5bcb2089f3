// Warns at the start when the secret key is not the one that the data, or another instance, was written with: sealed
// values cannot be opened then.
import { StorageUnavailable, type Log, type Storage } from './contract.ts'
import type { Sealing } from '../secrets.ts'

const PURPOSE = 'key check'

export async function checkKey (storage: Storage, sealing: Sealing, log: Log): Promise<void> {
  const checks = storage.collection<{ sealed: string; mac: string }>('keyCheck')
  const current = { sealed: sealing.seal(PURPOSE, Buffer.from(PURPOSE)), mac: sealing.mac(PURPOSE, PURPOSE) }
  try {
    const known = await checks.find('key')
    if (known === undefined) await checks.create('key', current, null)
    else if (sealing.unseal(PURPOSE, known.sealed) === undefined) {
      log.warn(
        'SECRET_KEY is not the one that this data was written with, or other instances have another: sign-ins under way, questions of tools and sign-ins of backends cannot be opened, and repeated refreshes are refused. Put the former key back, or behind the new one: SECRET_KEY=new,former'
      )
      // The record follows a change of keys: the former key need not be listed forever.
    } else if (known.mac !== current.mac) await checks.put('key', current, null)
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error
  }
}
