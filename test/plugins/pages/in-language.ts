// An example as it is in a language: what the routes say with the words of the request is said so here.
import { wordsOf, type Language } from '../../../languages/index.ts'
import { describeScopes } from '../../../plugins/oauth/scopes.ts'
import type { Example } from './page-examples.ts'

export function inLanguage (example: Example, language: Language): Example {
  if (example.view !== 'consent') return example
  const words = wordsOf(language)
  const scopes = describeScopes(words, example.data.scopes.map(({ scope }) => scope))
  return { ...example, data: { ...example.data, scopes, uses: words.list(['files', 'crm']), ends: words.day(1_825_200_000) } }
}
