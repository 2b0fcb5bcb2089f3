// The texts of messages: plain-text templates of views/mail, whose first line is the subject.
import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'

const VIEWS = fileURLToPath(new URL('../../views/mail', import.meta.url))
/** Nothing is escaped: a message is plain text. */
const eta = new Eta({ views: VIEWS, autoEscape: false, cache: true, autoTrim: false })

interface ToServer {
  /** What the operator calls this server. */
  name: string
  /** URL of this server. */
  server: string
}
interface WithLink extends ToServer {
  link: string
}
interface WithForgotUrl extends ToServer {
  /** Where a new password can be chosen. */
  forgotUrl: string
}

/** What each template is given. */
export interface MailData {
  confirm: WithLink
  'choose-password': WithLink
  'reset-password': WithLink
  'confirm-new-address': WithLink
  /** `tried`: what someone tried, up to the name of the server. */
  'account-exists': WithForgotUrl & { tried: string }
  'address-change-requested': WithForgotUrl
  'password-changed': WithForgotUrl
  'method-added': ToServer & { title: string }
  /** `organization`: the host of its identity provider. */
  'organization-added': ToServer & { organization: string }
  'methods-removed': ToServer & { titles: string }
  'app-connected': ToServer & { app: string; where: string; rights: string }
}

export function renderMail<Name extends keyof MailData> (
  name: Name,
  data: MailData[Name]
): { subject: string; text: string } {
  const rendered = eta.render(`./${name}`, data)
  const end = rendered.indexOf('\n')
  return { subject: rendered.slice(0, end), text: rendered.slice(end).trimStart() }
}
