// What somebody reads about their apps and keys after their password was set anew.
import t from 'tap'
import { wordsOf } from '../../../languages/index.ts'
import { describeAppsAfter } from '../../../plugins/accounts/describe-apps.ts'

t.test('it says what was ended and what still works', async (t) => {
  const words = wordsOf('en')
  for (const [areEnded, keys, expected] of [
    [true, undefined, /^The apps that were connected are disconnected\.$/],
    [false, undefined, /stay connected[^.]*\.$/],
    [true, 'revoked', /disconnected\. The access keys are revoked\.$/],
    [false, 'kept', /stay connected.*Access keys still work/]
  ] as const) t.match(describeAppsAfter(words, areEnded, keys), expected)
})
