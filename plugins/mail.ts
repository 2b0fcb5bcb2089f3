// Sends mail, where SMTP_URL says through whom; off the way of the request, so that how long it takes tells nobody anything (threat LG-14).
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Transporter } from 'nodemailer'
import type { Config } from '../config.ts'

/** Messages that may wait to be sent; more are dropped, and the log says so. */
const MOST_WAITING = 100
const TIMEOUT_MS = 15_000

declare module 'fastify' {
  interface FastifyInstance { mail: Mail }
}

export interface Message { to: string, subject: string, text: string }

export interface Mail {
  isOn: boolean
  /** Takes a message and returns at once; what becomes of it is in the log, without the address. */
  send (message: Message): void
  /** Settles when nothing waits to be sent. */
  idle (): Promise<void>
}

export default fp(async function mail (app: FastifyInstance, { mail }: Pick<Config, 'mail'>) {
  let transport: Promise<Transporter> | undefined
  const sending = new Set<Promise<void>>()
  const open = async (smtpUrl: string): Promise<Transporter> => {
    const { createTransport } = await import('nodemailer')
    return createTransport({ url: smtpUrl, pool: true, connectionTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS } as never)
  }
  async function deliver ({ smtpUrl, from }: NonNullable<Config['mail']>, message: Message): Promise<void> {
    try {
      transport ??= open(smtpUrl)
      await (await transport).sendMail({ ...message, from })
    } catch (error) {
      app.log.error({ reason: (error as { code?: string }).code }, 'a message could not be sent: check SMTP_URL')
    }
  }
  const idle = async () => { await Promise.all(sending) }

  app.decorate('mail', {
    isOn: mail !== undefined,
    send (message) {
      if (mail === undefined) return
      if (sending.size >= MOST_WAITING) {
        app.log.error('a message was dropped: too many wait to be sent')
        return
      }
      const work = deliver(mail, message).finally(() => sending.delete(work))
      sending.add(work)
    },
    idle
  } satisfies Mail)
  app.addHook('onClose', async () => {
    await idle()
    ;(await transport)?.close()
  })
}, { name: 'mail' })
