// A real SMTP server for tests: takes every message and keeps it.
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

export interface TestMailbox {
  url: string
  /** The messages so far: `raw` as they came over the wire, `text` joined where lines were folded. */
  messages: Array<{ to: string; text: string; raw: string }>
  stop(): Promise<void>
}

/** @param isFull mailboxes that take nothing. */
export async function startSmtp (isFull: (mailbox: string) => boolean = () => false): Promise<TestMailbox> {
  const messages: TestMailbox['messages'] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo ({ address }, _session, done) {
      const full = Object.assign(new Error('the mailbox is full'), {
        responseCode: 552
      })
      done(isFull(address) ? full : null)
    },
    onData (stream, session, done) {
      text(stream).then((raw) => {
        messages.push({
          to: session.envelope.rcptTo[0]!.address,
          text: raw.replaceAll('=\r\n', '').replaceAll('=3D', '='),
          raw
        })
        done()
      }, done)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    messages,
    stop: () => new Promise((resolve) => server.close(() => resolve()))
  }
}
