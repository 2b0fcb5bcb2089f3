// The files of each language are read once, and what a translation lacks is said in English.
import t from 'tap'
import { catalogueOf, messagesOf } from '../../languages/catalogue.ts'
import { languages } from '../../languages/contract.ts'

t.test('every language finds every message', async (t) => {
  for (const language of languages) {
    const find = catalogueOf(language)
    for (const [key, message] of messagesOf('en')) {
      t.type(find(key as Parameters<typeof find>[0]), 'string')
      t.not(message.trim(), '', key)
    }
  }
})

t.test('a key is a file and a member of it', async (t) => {
  t.equal(messagesOf('en').get('common.signIn'), 'Sign in')
})
