// A message to somebody, for tests of mail.
import type { Message } from '../../../plugins/mail/lanes.ts'

export const message = (to: string, purpose: Message['purpose'] = 'reset'): Message => ({
  to,
  purpose,
  subject: 'x',
  text: 'x',
  language: 'en'
})
