// Which language a text and a query are in, as far as stemming needs it.
import t from 'tap'
import { languageOf, languagesOfQuery } from '../../../plugins/search/languages.ts'

t.test('a text is in the language of its frequent words', async (t) => {
  for (const [language, text] of [
    ['en', 'The quick brown fox jumps over the lazy dog, and it is not the first one.'],
    ['de', 'Die Sitzung ist am Dienstag, und sie findet nicht im großen Saal statt.'],
    ['fr', 'Les documents sont dans le dossier, et ils ne sont pas à vendre.'],
    ['es', 'Los documentos están en la carpeta y no se venden por el momento.'],
    ['pl', 'Nie wiem, czy to jest w domu i na stole.'],
    ['vi', 'Các tài liệu này là của những người trong nhà và không được bán.'],
    ['ru', 'Документы лежат на столе, и они не для продажи.'],
    ['uk', 'Документи лежать на столі, і вони не для продажу, що є дивно.']
  ]) t.equal(languageOf(text!), language)
})

t.test('code, lists and a few words are English: their words are nobody’s', async (t) => {
  for (const text of ['', 'export declare function from (value: string, index?: number): void', 'buy a bread knife', '!!! 1 2 3']) t.equal(languageOf(text), 'en')
})

t.test('a question is in the languages of its frequent words, other queries in all that documents are in', async (t) => {
  t.same(languagesOfQuery(['wie', 'ist', 'das', 'wetter'], ['en', 'de', 'fr']), ['de'])
  t.same(languagesOfQuery(['wetter'], ['en', 'de']), ['en', 'de'])
  t.same(languagesOfQuery(['wie', 'ist'], ['en']), ['en'])
})
