// The page behind a link of a message: a form with one button, and its post, which uses the link up. Programs that read
// the links in mail press no button.
// Tested in test/plugins/accounts/email-links.test.ts and test/routes/confirm-email.test.ts.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidRequest } from '../../errors.ts'
import type { Key } from '../../languages/index.ts'
import { formParameters, queryParameters, type Parameters } from '../oauth/parameters.ts'
import type { LinkPurpose, LiveLink } from './email-links.ts'

/** A link that was opened. */
export interface OpenedLink {
  secret: string
  link: LiveLink
}

export interface LinkPage {
  path: string
  purpose: LinkPurpose
  /** Where a person continues whose link was used already. */
  signInPath: string
  show(opened: OpenedLink, reply: FastifyReply): Promise<FastifyReply>
  /** Sends the answer. @returns false when the link was used up meanwhile. */
  use(
    opened: OpenedLink & { form: Parameters },
    request: FastifyRequest,
    reply: FastifyReply
  ): Promise<boolean>
}

const expired: Readonly<Record<LinkPurpose, Key>> = {
  reset: 'sign-up.resetLink',
  change: 'sign-up.changeLink',
  confirm: 'sign-up.confirmLink'
}

/** Registers the page. An invalid link is an invalid_request. */
export function linkPage (app: FastifyInstance, { path, purpose, signInPath, show, use }: LinkPage): void {
  const voidLink = () => {
    const refusal = invalidRequest({ key: expired[purpose] })
    refusal.title = { key: 'sign-up.linkTitle' }
    refusal.action = { label: { key: 'common.signIn' }, href: signInPath }
    return refusal
  }
  async function open (secret: string | undefined): Promise<OpenedLink> {
    const link = await app.accountLinks.find(purpose, secret)
    // The address of an account that was never signed in to is not changed by a link.
    if (!link || (purpose === 'change' && !link.user)) throw voidLink()
    return { secret: secret!, link }
  }
  // The person has no sign-in under way whose requests would be counted.
  const onRequest = (request: FastifyRequest) => app.limits.attempt('authorization', request)

  app.get(path, { onRequest }, async (request, reply) => show(await open(queryParameters(request).get('link')), reply))

  app.post(path, { onRequest }, async (request, reply) => {
    await app.limits.attempt('sign-in', request)
    const form = formParameters(request)
    if (!(await use({ ...(await open(form.get('link'))), form }, request, reply))) throw voidLink()
    return reply
  })
}
