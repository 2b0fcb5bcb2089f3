// The texts of messages, in the language of the request that caused them: languages/*/mail.json has a subject and a text
// for each. A new message is an entry of MailData and two messages of that name.
// Tested in test/plugins/mail/templates.test.ts.
import type { Language, Words } from '../../languages/index.ts'

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

/**
 * What each message is given. What somebody outside has chosen comes in quotes, or is a host.
 */
export interface MailData {
  confirm: WithLink
  'choose-password': WithLink
  'reset-password': WithLink
  'confirm-new-address': WithLink
  'account-exists': WithForgotUrl
  'address-taken': WithForgotUrl
  'address-change-requested': WithForgotUrl
  'password-changed': WithForgotUrl
  'method-added': ToServer & { title: string }
  /** `organization`: the host of its identity provider. */
  'organization-added': ToServer & { organization: string }
  'methods-removed': ToServer & { titles: string }
  /** `loopback`: the host is a program on the same computer. */
  'app-connected': ToServer & { app: string; host: string; loopback: 'yes' | 'no'; rights: string }
  'key-created': ToServer & { key: string; ends: string; rights: string }
  /** The link stops the removal. */
  'factors-lost': WithLink & { until: string }
  'factors-removed': ToServer
  /** By the operator or an owner. */
  'factors-removed-by': ToServer
  /** The link removes it. */
  'first-factor': WithLink & { factor: string }
  'factors-undone': WithForgotUrl
  'factor-added': ToServer & { factor: string }
  'factor-removed': ToServer & { factor: string }
  'recovery-codes': ToServer
}

export type MailName = keyof MailData

/** What {@link Mail.send} takes beside `to` and `purpose`. */
export interface MailText {
  subject: string
  /** Plain text. */
  text: string
  language: Language
}

/** @param words of the request; `english` for what an operator's command does. */
export const renderMail = <Name extends MailName>(words: Words, name: Name, data: MailData[Name]): MailText => ({
  subject: words.text(`mail.${name}.subject`),
  text: words.text(`mail.${name}.text`, { ...data }),
  language: words.language
})
