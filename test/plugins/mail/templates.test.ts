// The texts of messages: a subject of one line, plain text, and what to do if it was somebody else.
import t from 'tap'
import { renderMail, type MailData } from '../../../plugins/mail/templates.ts'

const server = 'https://mcp.example.com'
const name = 'Acme Docs'
const link = `${server}/email/confirm?link=secret&x=1`
const forgotUrl = `${server}/password/forgot`
const data: MailData = {
  confirm: { name, server, link },
  'choose-password': { name, server, link },
  'reset-password': { name, server, link },
  'confirm-new-address': { name, server, link },
  'account-exists': { name, server, forgotUrl, tried: 'make an account at' },
  'address-change-requested': { name, server, forgotUrl },
  'password-changed': { name, server, forgotUrl },
  'method-added': { name, server, title: 'Example & Co' },
  'organization-added': { name, server, organization: 'acme.okta.com' },
  'methods-removed': { name, server, titles: 'Example & Co' },
  'app-connected': { name, server, app: 'An <app>', where: 'app.example', rights: '- Read' }
}

t.test('every message has a subject without a secret, and its text holds all that it was given, as it is', async (t) => {
  const subjects = new Set<string>()
  for (const [name, given] of Object.entries(data)) {
    const { subject, text } = renderMail(name as keyof MailData, given as never)
    subjects.add(subject)
    t.match(subject, /^[A-Z][^\r\n]{5,60}$/, name)
    t.notMatch(subject, /https?:|secret/, name)
    t.notMatch(text, /^\s|undefined|<%|&amp;|&lt;/, name)
    for (const value of Object.values(given as object)) t.ok(text.includes(value as string), `${name}: ${String(value)}`)
    t.match(text, server, name)
  }
  t.equal(subjects.size, Object.keys(data).length, 'each can be told from the others')
})
