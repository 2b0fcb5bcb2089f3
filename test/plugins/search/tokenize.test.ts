// How a query is taken apart: words, pairs, phrases and prefixes, and nothing that an engine could read as syntax.
import t from 'tap'
import { isSpaceless, parseQuery, pathWords, separateWords, shownWords, wordsOf } from '../../../plugins/search/tokenize.ts'

t.test('a question is what is left without its stop words', async (t) => {
  t.same(parseQuery('How do I hash a password?'), {
    words: ['hash', 'password'],
    pairs: [],
    phrases: [],
    prefixes: []
  })
  t.same(parseQuery('to be or not').words, ['to', 'be', 'or', 'not'], 'unless nothing is left')
  t.same(parseQuery('signed cookies').pairs, [['signed', 'cookies']])
})

t.test('phrases and prefixes, each once and at most eight', async (t) => {
  const query = parseQuery('"blue tent" conf* conf* AND (x OR y) NEAR "blue tent"')
  t.same(query.phrases, [['blue', 'tent']])
  t.same(query.prefixes, ['conf'])
  t.same(shownWords(query).at(-1), 'conf')
  t.equal(parseQuery(Array.from({ length: 20 }, (_, index) => `ab${index}*`).join(' ')).prefixes.length, 8)
})

t.test('words of scripts without spaces are cut apart', async (t) => {
  t.ok(isSpaceless('会議'))
  t.notOk(isSpaceless('walnut'))
  t.ok(wordsOf('日本語の会議').length > 1)
  t.match(separateWords('a日本語b'), /^a .* b$/)
  t.equal(pathWords('guide/set-up.md'), 'guide/set-up')
})
