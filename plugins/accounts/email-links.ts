// Links that prove access to a mailbox: the person who opens one has read the message, or got the link from the
// operator. Single use, half an hour, voided by every change of the account (OWASP "Forgot Password").
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { parseEmail, type Email, type PasswordAccount, type PasswordAccounts } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import type { User } from '../sign-in/contract.ts'
import { createStillGives } from './owners.ts'

const LIFETIME_SECONDS = 1_800
const MAX_SECRET_CHARACTERS = 2_000
const SEALED_FOR = 'account link'

declare module 'fastify' {
  interface FastifyInstance {
    accountLinks: AccountLinks
  }
}

/**
 * `reset` lets a new password be chosen, `confirm` verifies the address, `change` makes another address that of the
 * account.
 */
export type LinkPurpose = 'reset' | 'confirm' | 'change'

export interface NewLink {
  purpose: LinkPurpose
  backend: string
  /** As it is now: any later change of it voids the link. */
  account: PasswordAccount
  /** Of a `change`: the mailbox it is sent to. Otherwise the account's. */
  email?: Email
  /** `operator`: it was handed over, so it proves no access to a mailbox. */
  by: 'mail' | 'operator'
  /** The id of the owner who handed it over: it is void once they are none. */
  owner?: string
}

/** A valid link, with the account as it was when it was read. */
export interface LiveLink {
  backend: string
  accounts: PasswordAccounts
  account: PasswordAccount
  /** Undefined when the account was never signed in to. */
  user: User | undefined
  email: Email
  by: NewLink['by']
}

export interface AccountLinks {
  /** Writes nothing. @returns the secret of the link. */
  issue(link: NewLink): Promise<string>
  /**
   * @returns undefined for a link that is expired, of another purpose, not ours, or void because the account was
   * changed, locked or deleted, or its person signed out everywhere. The change of {@link LiveLink.account} that it is
   * opened for spends it: each change needs the generation that was read here, so of any number of callers one succeeds.
   */
  find(purpose: LinkPurpose, secret: string | undefined): Promise<LiveLink | undefined>
}

const emailSchema = z.string().transform(parseEmail)
/** `generation` is the account's, `epoch` that of the person's sessions; `expiresAt` in seconds since the epoch. */
const sealedLink = z.object({
  purpose: z.enum(['reset', 'confirm', 'change']),
  backend: z.string(),
  subject: z.string(),
  address: emailSchema,
  email: emailSchema,
  by: z.enum(['mail', 'operator']),
  owner: z.string().optional(),
  generation: z.number(),
  epoch: z.number(),
  expiresAt: z.number()
})

export default fp(
  async function accountLinks (app: FastifyInstance, config: Pick<Config, 'ownerEmails' | 'allowedEmails'>) {
    const stillGives = createStillGives((id) => app.userStore.records.find(id), app.now, config)
    const findUser = (backend: string, subject: string) => app.signIn.lifecycle.findByIdentity({ backend, subject })
    const epochOf = (user: User | undefined) => user?.sessionEpoch ?? 0

    function open (secret: string | undefined): z.output<typeof sealedLink> | undefined {
      if (secret === undefined || secret.length > MAX_SECRET_CHARACTERS) return undefined
      const opened = app.sealing.unseal(SEALED_FOR, secret)
      return opened && sealedLink.parse(JSON.parse(opened.toString()))
    }

    app.decorate('accountLinks', {
      async issue ({ purpose, backend, account, email = account.email, by, owner }) {
        const { subject, email: address, generation } = account
        const epoch = epochOf(await findUser(backend, subject))
        const expiresAt = app.now() + LIFETIME_SECONDS
        const givenBy = { by, ...(owner !== undefined && { owner }) }
        const sealed = { purpose, backend, subject, address, email, ...givenBy, generation, epoch, expiresAt }
        const link = sealed satisfies z.input<typeof sealedLink>
        return app.sealing.seal(SEALED_FOR, Buffer.from(JSON.stringify(link)))
      },
      async find (purpose, secret) {
        const link = open(secret)
        if (link?.purpose !== purpose || link.expiresAt <= app.now()) return undefined
        const { backend, subject, address, email, by, owner } = link
        if (owner !== undefined && !(await stillGives(owner))) return undefined
        const accounts = app.signIn.backends.get(backend)?.accounts
        const account = await accounts?.find(address)
        if (!accounts || account?.subject !== subject || account.generation !== link.generation) return undefined
        const user = await findUser(backend, subject)
        if (user?.locked || epochOf(user) !== link.epoch) return undefined
        return { backend, accounts, account, user, email, by }
      }
    } satisfies AccountLinks)
  },
  { name: 'account-links', dependencies: ['storage', 'user-store'] }
)
