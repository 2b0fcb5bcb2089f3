// The languages, the keys of their catalogues, and what a message is: all of it types but the list.
import type account from './en/account.json'
import type adminPeople from './en/admin-people.json'
import type adminServer from './en/admin-server.json'
import type admin from './en/admin.json'
import type common from './en/common.json'
import type connections from './en/connections.json'
import type consent from './en/consent.json'
import type invitations from './en/invitations.json'
import type mail from './en/mail.json'
import type pages from './en/pages.json'
import type problems from './en/problems.json'
import type providers from './en/providers.json'
import type secondFactors from './en/second-factors.json'
import type signIn from './en/sign-in.json'
import type signUp from './en/sign-up.json'

/**
 * As in the `lang` of a page (BCP 47). Each has a folder. Chinese is the simplified one.
 */
export const languages = ['en', 'de', 'fr', 'es', 'pt', 'ja', 'zh'] as const
export type Language = (typeof languages)[number]

/** A file of each language, and what it is called in keys. */
export interface Catalogue {
  account: typeof account
  admin: typeof admin
  'admin-people': typeof adminPeople
  'admin-server': typeof adminServer
  common: typeof common
  connections: typeof connections
  consent: typeof consent
  invitations: typeof invitations
  mail: typeof mail
  pages: typeof pages
  problems: typeof problems
  providers: typeof providers
  'second-factors': typeof secondFactors
  'sign-in': typeof signIn
  'sign-up': typeof signUp
}

/** The file and the member in it: `sign-in.title`. */
export type Key = { [File in keyof Catalogue]: `${File}.${keyof Catalogue[File] & string}` }[keyof Catalogue]

/**
 * What stands in the braces of a message: text, a number for `plural`, or where a link leads that the message marks as
 * `<link>…</link>`.
 */
export type Values = Readonly<Record<string, string | number | { href: string }>>

/**
 * Something to be said in the language of whoever reads it; as JSON it can wait in storage.
 */
export interface Message {
  key: Key
  values?: Values
}

/**
 * A text is already in the words of whoever wrote it, such as a backend of one's own.
 */
export type Text = string | Message
