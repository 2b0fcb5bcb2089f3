// What the parts of this room share.
import type { FastifyInstance } from 'fastify'
import type { AppCodes } from './apps.ts'
import type { PasskeyHosts } from './hosts.ts'
import type { RelyingParty } from './passkeys.ts'
import type { Questions } from './questions.ts'
import type { FactorRecords } from './records.ts'
import type { User } from '../sign-in/contract.ts'

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
   * A person may be deleted while a factor is added, or their sessions end, by a new password for example: then nothing is
   * left of it. @param user as they were when the factor was begun to be added. @returns whether it is there.
   */
  keepAdded(user: User, factorId: string): Promise<boolean>
}
