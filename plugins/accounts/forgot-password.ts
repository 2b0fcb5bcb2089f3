// A forgotten password: a link goes to each account with the address, in the background, so that the time of the answer
// reveals nothing (threat LG-14).
// Tested in test/routes/reset-password.test.ts and test/plugins/mail/index.test.ts.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseEmail } from '../../auth-backends/contract.ts'
import { sendResetLink, type MessageUrls } from './messages.ts'

/** @param typed what the person typed as their address. Returns at once. */
export type ForgotPassword = (request: FastifyRequest, typed: string) => void

export function createForgotPassword (app: FastifyInstance, urls: MessageUrls): ForgotPassword {
  return (request, typed) => {
    if (!app.mail.isOn) return
    const email = parseEmail(typed)
    const sent = [...app.signIn.backends].map(async ([id, { accounts }]) => {
      if (accounts) await sendResetLink(app, request.words, urls, id, accounts, email)
    })
    Promise.all(sent).catch((error: unknown) => {
      request.log.error({ err: error }, 'a link could not be sent')
    })
  }
}
