// Links that stand for a mailbox: whoever opens one has read the message it came in, or had it from the operator. Single use, half an hour, stored as a hash (OWASP "Forgot Password").
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { hashSecret, randomSecret } from './storage/sealing.ts'

/** Seconds. */
const LIFETIME = 1_800

declare module 'fastify' {
  interface FastifyInstance { accountLinks: AccountLinks }
}

/** `reset` lets a new password be chosen, `confirm` shows that the mailbox is read, `change` makes its address that of the account. */
export interface AccountLink {
  purpose: 'reset' | 'confirm' | 'change'
  backend: string
  subject: string
  /** The mailbox it was sent to. */
  email: string
  /** Of a `change`: what must still be so, the present address and how often the person has signed out everywhere. */
  while?: { email: string, epoch: number }
}

export interface AccountLinks {
  /** @returns the secret of the link. */
  issue (link: AccountLink): Promise<string>
  find (purpose: AccountLink['purpose'], secret: string | undefined): Promise<AccountLink | undefined>
  /** Spends it: of any number of callers one gets it. */
  take (purpose: AccountLink['purpose'], secret: string | undefined): Promise<AccountLink | undefined>
}

export default fp(async function accountLinks (app: FastifyInstance) {
  const links = app.storage.collection<AccountLink>('accountLink')
  const find: AccountLinks['find'] = async (purpose, secret) => {
    const link = secret === undefined ? undefined : await links.find(hashSecret(secret))
    return link?.purpose === purpose ? link : undefined
  }
  app.decorate('accountLinks', {
    async issue (link) {
      const secret = randomSecret()
      await links.put(hashSecret(secret), link, LIFETIME)
      return secret
    },
    find,
    async take (purpose, secret) {
      // Looked at first: a link of one purpose is not spent by a form of another.
      return await find(purpose, secret) && links.take(hashSecret(secret!))
    }
  } satisfies AccountLinks)
}, { name: 'account-links', dependencies: ['storage'] })
