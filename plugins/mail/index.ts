// Sends mail, where SMTP_URL says through whom: off the way of the request, so that how long it takes tells nobody
// anything, and not more often to one mailbox than its owner can bear (threats LG-14, RL-06).
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Transporter } from 'nodemailer'
import { normalizeEmail } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import { createMailQueue, type MailPurpose, type Message } from './queue.ts'

const TIMEOUT_MS = 15_000
export const MAIL_WINDOW_SECONDS = 600

/**
 * Messages of one purpose to one mailbox in a window: one where strangers can cause them, a few where only its owner
 * can.
 */
const MAX_IN_WINDOW: Readonly<Record<MailPurpose, number>> = {
  confirm: 1,
  choose: 1,
  taken: 1,
  reset: 1,
  'new-address': 1,
  notice: 5,
  app: 5
}

declare module 'fastify' {
  interface FastifyInstance {
    mail: Mail
  }
}

export interface Mail {
  isOn: boolean
  /** Takes a message and returns at once; what becomes of it is in the log, without the address. */
  send(message: Message): void
  /** Writes what {@link Mail.send} writes, and sends nothing: for a mailbox that belongs to nobody here. */
  pretend(message: Pick<Message, 'to' | 'purpose'>): void
  /** Settles when nothing is being sent, or waits for its first try. */
  idle(): Promise<void>
}

export default fp(
  async function mail (app: FastifyInstance, { mail }: Pick<Config, 'mail'>) {
    let transport: Promise<Transporter> | undefined
    const open = async (smtpUrl: string): Promise<Transporter> => {
      const { createTransport } = await import('nodemailer')
      return createTransport({
        url: smtpUrl,
        pool: true,
        connectionTimeout: TIMEOUT_MS,
        greetingTimeout: TIMEOUT_MS,
        socketTimeout: TIMEOUT_MS
      } as never)
    }
    const queue = createMailQueue({
      log: app.log,
      async deliver ({ to, subject, text }) {
        transport ??= open(mail!.smtpUrl)
        await (await transport).sendMail({ to, subject, text, from: mail!.from })
      }
    })

    const mayBeSent = createMailboxLimit(app)
    const counting = new Set<Promise<void>>()
    const count = (message: Pick<Message, 'to' | 'purpose'>, then: () => void): void => {
      if (mail === undefined) return
      const counted = mayBeSent(message)
        .then(
          (may) => {
            if (may) then()
          },
          (error: unknown) => {
            app.log.error({ err: error }, 'a message was not sent: storage could not say when the last one was')
          }
        )
        .finally(() => counting.delete(counted))
      counting.add(counted)
    }

    app.decorate('mail', {
      isOn: mail !== undefined,
      send: (message) => count(message, () => queue.add(message)),
      pretend: (message) =>
        count(message, () => {
          /* nobody to send it to */
        }),
      async idle () {
        await Promise.all(counting)
        await queue.idle()
      }
    } satisfies Mail)
    app.addHook('onClose', async () => {
      await Promise.all(counting)
      await queue.close()
      ;(await transport)?.close()
    })
  },
  { name: 'mail', dependencies: ['storage'] }
)

/**
 * @returns a function that counts a message and says whether it may be sent; of any number at once no more than may be.
 */
function createMailboxLimit ({
  storage,
  sealing,
  now
}: FastifyInstance): (message: Pick<Message, 'to' | 'purpose'>) => Promise<boolean> {
  /** When messages were sent, in seconds since the epoch. */
  const sent = storage.collection<{ at: number[] }>('mailSent')
  return ({ to, purpose }) =>
    sent.update<boolean>(sealing.mac('mailbox', JSON.stringify([purpose, normalizeEmail(to)])), (record) => {
      const recent = (record?.at ?? []).filter((at) => at > now() - MAIL_WINDOW_SECONDS)
      if (recent.length >= MAX_IN_WINDOW[purpose]) return { result: false }
      return { write: { record: { at: [...recent, now()] }, ttl: MAIL_WINDOW_SECONDS }, result: true }
    })
}
