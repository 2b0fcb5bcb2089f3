// Sends mail through the server of SMTP_URL: in the background, so that the time an answer takes reveals nothing, and
// not more often to one mailbox than its owner can bear (threats LG-14, RL-06).
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Transporter } from 'nodemailer'
import { parseEmail } from '../../auth-backends/contract.ts'
import type { Config } from '../../config/index.ts'
import { wordsOf, type Language } from '../../languages/index.ts'
import { placeAmong } from '../secrets.ts'
import { MAX_PER_MAILBOX, type Addressed, type Message } from './lanes.ts'
import { createMailQueue } from './queue.ts'
import type { MailText } from './templates.ts'
import { isRecent } from '../is-recent.ts'

const TIMEOUT_MS = 15_000
/** For all of a message: a server that says a little every few seconds is never silent for as long as that. */
const DELIVERY_MS = 60_000
export const MAIL_WINDOW_SECONDS = 600

declare module 'fastify' {
  interface FastifyInstance {
    mail: Mail
  }
}

export interface Mail {
  isOn: boolean
  /**
   * How many messages could not be sent since the start, and when the last one failed, in
   * seconds since the epoch.
   */
  readonly failures: { count: number; lastAt?: number }
  /**
   * Takes a message and returns at once; what becomes of it is in the log, without the
   * address.
   */
  send(message: Message): void
  /**
   * What strangers can ask for, in the name of any mailbox. It is written once its mailbox may be sent it: to ask again costs the
   * same whether or not there is an account (threat LG-14).
   * @param write missing for a mailbox without an account here: as much is stored, and nothing sent.
   */
  sendOnRequest(message: Addressed, write?: () => MailText | Promise<MailText>): void
  /** Settles when nothing is being sent, or waits for its first try. */
  idle(): Promise<void>
}

export default fp(
  async function mail (app: FastifyInstance, { mail: settings }: Pick<Config, 'mail'>) {
    let transport: Promise<Transporter> | undefined
    const failures: Mail['failures'] = { count: 0 }
    const queue = createMailQueue({
      log: app.log,
      failed: () => Object.assign(failures, { count: failures.count + 1, lastAt: app.now() }),
      async deliver ({ to, subject, text, language }) {
        transport ??= openTransport(settings!.smtpUrl)
        await (await transport).sendMail({
          to,
          subject: `${subject} - ${app.identity.name}`,
          text: text.trimEnd() + signature(app, language),
          headers: { 'Content-Language': language },
          from: senderOf(settings!.from, app.identity.name),
          signal: AbortSignal.timeout(DELIVERY_MS)
        })
      }
    })

    const mayBeSent = createMailboxLimit(app)
    const counting = new Set<Promise<void>>()
    async function count (message: Addressed, send?: () => void | Promise<void>): Promise<void> {
      try {
        if (await mayBeSent(message, send === undefined)) await send?.()
        else if (send) app.log.warn({ purpose: message.purpose }, 'a message was dropped: its mailbox had as many of this kind in ten minutes as it is sent')
      } catch (error) {
        app.log.error({ err: error }, 'a message was not sent: it could not be written, or storage could not say when the last one was sent')
      }
    }
    const inBackground = (message: Addressed, send?: () => void | Promise<void>): void => {
      if (!settings) return
      const counted = count(message, send).finally(() => counting.delete(counted))
      counting.add(counted)
    }

    app.decorate('mail', {
      isOn: settings !== undefined,
      failures,
      send: (message) => inBackground(message, () => queue.add(message)),
      sendOnRequest: (message, write) =>
        inBackground(message, write && (async () => queue.add({ ...message, ...(await write()) }))),
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
  { name: 'mail', dependencies: ['identity', 'storage'] }
)

/** The end of every message: whose it is, and where to turn to (RFC 3676 §4.3). */
function signature ({ identity, issuer }: FastifyInstance, language: Language): string {
  const { text } = wordsOf(language)
  const links = identity.links.map(({ label, href }) => `${text(label)}: ${href}`)
  return ['\n\n-- ', identity.name, issuer, ...links, ''].join('\n')
}

/**
 * @returns the sender with the server's name, where MAIL_FROM has none. nodemailer quotes and
 * encodes it.
 */
const senderOf = (from: string, name: string): string | { name: string; address: string } =>
  from.includes('<') ? from : { name, address: from }

async function openTransport (url: string): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS }
  // nodemailer's types know no `url` beside other options.
  return createTransport({ url, pool: true, ...timeouts } as never)
}

/** Mailboxes without an account, of which anyone can make up any number, share so many records. */
const PLACES_OF_NOBODY = 1_024

/**
 * @returns a function that counts a message and says whether it may be sent; of any number at once no more than may be.
 * Where nobody has the mailbox it does the same work.
 */
function createMailboxLimit ({ storage, sealing, now }: FastifyInstance): (message: Addressed, isOfNobody: boolean) => Promise<boolean> {
  /** When messages were sent, in seconds since the epoch. */
  const sent = storage.collection<{ at: number[] }>('mailSent')
  const keyOf = ({ to, purpose }: Addressed, isOfNobody: boolean): string => {
    const mailbox = JSON.stringify([purpose, parseEmail(to)])
    return isOfNobody
      ? `nobody ${placeAmong(sealing, 'mailbox', mailbox, PLACES_OF_NOBODY)}`
      : sealing.mac('mailbox', mailbox)
  }
  return (message, isOfNobody) =>
    sent.update<boolean>(keyOf(message, isOfNobody), (record) => {
      const recent = (record?.at ?? []).filter((at) => isRecent(at, MAIL_WINDOW_SECONDS, now()))
      if (recent.length >= MAX_PER_MAILBOX[message.purpose]) return { result: false }
      return { write: { record: { at: [...recent, now()] }, ttl: MAIL_WINDOW_SECONDS }, result: true }
    })
}
