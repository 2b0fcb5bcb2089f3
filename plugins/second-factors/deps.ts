// What the parts of this room share.
import type { FastifyInstance } from 'fastify'
import type { AppCodes } from './apps.ts'
import type { PasskeyHosts } from './hosts.ts'
import type { RelyingParty } from './passkeys.ts'
import type { Questions } from './questions.ts'
import type { FactorRecords } from './records.ts'

export interface Deps extends Pick<FastifyInstance, 'sealing' | 'now' | 'log'> {
  records: FactorRecords
  questions: Questions
  party: RelyingParty
  hosts: PasskeyHosts
  takesPasskeys: boolean
  /** Loaded when the first code is needed. */
  appCodes(): Promise<AppCodes>
  /** @throws access_denied where MFA is off. */
  checkMayAdd(): void
  /**
   * A person may be deleted while a factor is added: then nothing is left of it. @returns
   * whether they are there.
   */
  keepOnlyOfPeople(userId: string): Promise<boolean>
}
