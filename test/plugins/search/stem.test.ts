// Words as the index knows them: without endings and accents, by language and by script.
import t from 'tap'
import { stem } from '../../../plugins/search/stem.ts'
import type { Language } from '../../../plugins/search/languages.ts'

const same = (t: Tap, language: Language, ...words: string[]) =>
  t.equal(new Set(words.map((word) => stem(word, language))).size, 1, `${language}: ${words.join(', ')}`)
type Tap = Pick<typeof t, 'equal'>

t.test('forms of a word are one term in the language of the text', async (t) => {
  same(t, 'en', 'configuring', 'configured', 'configure')
  same(t, 'de', 'häuser', 'haeuser', 'hauses')
  same(t, 'es', 'configuración', 'configuraciones', 'configuracion')
  same(t, 'fr', 'utilisateurs', 'utilisateur')
  same(t, 'ro', 'știință', 'ştiinţă')
  same(t, 'vi', 'tiếng')
  t.not(stem('tiếng', 'vi'), stem('tieng', 'vi'), 'in Vietnamese accents are the word')
})

t.test('other scripts have a stemmer whatever the language of the text is', async (t) => {
  same(t, 'en', 'пользователей', 'пользователь')
  same(t, 'en', 'χρήστησ', 'χρήστεσ')
  same(t, 'en', 'البيانات', 'بيانات', 'والبيانات')
  same(t, 'en', 'أحمد', 'احمد')
  same(t, 'en', 'הספרים', 'ספרים')
  same(t, 'en', '비밀번호를', '비밀번호', '비밀번호는')
  same(t, 'en', 'किताबें', 'किताब')
})

t.test('numbers, codes and very long words stay as they are', async (t) => {
  t.equal(stem('v2ings', 'en'), 'v2ings')
  t.equal(stem('x'.repeat(300), 'en').length, 100)
})
