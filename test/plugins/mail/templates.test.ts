// The texts of messages: a subject of one line, plain text, and what to do if it was somebody else, in each language.
import t from 'tap'
import { messagesOf } from '../../../languages/catalogue.ts'
import { languages, wordsOf } from '../../../languages/index.ts'
import { renderMail, type MailData, type MailName } from '../../../plugins/mail/templates.ts'

const server = 'https://mcp.example.com'
const name = 'Acme Docs'
const link = `${server}/email/confirm?link=secret&x=1`
const forgotUrl = `${server}/password/forgot`
const data: MailData = {
  confirm: { name, server, link },
  'choose-password': { name, server, link },
  'reset-password': { name, server, link },
  'confirm-new-address': { name, server, link },
  'account-exists': { name, server, forgotUrl },
  'address-taken': { name, server, forgotUrl },
  'address-change-requested': { name, server, forgotUrl },
  'password-changed': { name, server, forgotUrl },
  'method-added': { name, server, title: 'Example & Co' },
  'organization-added': { name, server, organization: 'acme.okta.com' },
  'methods-removed': { name, server, titles: 'Example & Co' },
  'app-connected': { name, server, app: '"An <app> {x}"', host: 'app.example', loopback: 'no', rights: '- Read' },
  'key-created': { name, server, key: '"n8n"', ends: '30 Jan 2027', rights: '- Read' },
  'factors-lost': { name, server, link, until: '1 Dec 2026, 07:00 UTC' },
  'factors-removed': { name, server },
  'factors-removed-by': { name, server },
  'first-factor': { name, server, factor: '"Phone"', link },
  'factors-undone': { name, server, forgotUrl },
  'factor-added': { name, server, factor: '"Phone"' },
  'factor-removed': { name, server, factor: '"Phone"' },
  'recovery-codes': { name, server }
}
const names = Object.keys(data) as MailName[]

for (const language of languages) {
  t.test(`every message has a subject without a secret, and its text holds all that it was given, as it is (${language})`, async (t) => {
    const subjects = new Set<string>()
    for (const name of names) {
      const { loopback: _, ...given } = { loopback: undefined, ...data[name] }
      const mail = renderMail(wordsOf(language), name, data[name] as never)
      subjects.add(mail.subject)
      t.equal(mail.language, language)
      t.match(mail.subject, /^[\p{L}\p{N}][^\r\n]{4,75}$/u, name)
      t.notMatch(mail.subject, /https?:|secret/, name)
      t.notMatch(mail.text, /^\s|undefined|&amp;|&lt;/, name)
      for (const value of Object.values(given)) t.ok(mail.text.includes(value), `${name}: ${value}`)
    }
    t.equal(subjects.size, names.length, 'each can be told from the others')
  })
}

t.test('every message of the catalogue is one that can be sent', async (t) => {
  const keys = [...messagesOf('en').keys()].filter((key) => key.startsWith('mail.'))
  t.same(keys.sort(), names.flatMap((name) => [`mail.${name}.subject`, `mail.${name}.text`]).sort())
})

t.test('an app on the same computer is told apart from one elsewhere', async (t) => {
  const given = { ...data['app-connected'], host: '127.0.0.1:33418', loopback: 'yes' } as const
  t.match(
    renderMail(wordsOf('en'), 'app-connected', given).text,
    'sent to a program on the same computer (127.0.0.1:33418).'
  )
})
