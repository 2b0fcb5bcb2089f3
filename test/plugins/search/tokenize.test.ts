// How a query is taken apart: words, pairs, phrases and beginnings, and nothing that an engine could read as syntax.
import t from 'tap'
import { fieldsOf } from '../../../plugins/search/fields.ts'
import { isSpaceless, parseQuery, pathWords, termsOf, wordsOf } from '../../../plugins/search/tokenize.ts'

const words = (query: string) => parseQuery(query).words.map(({ word }) => word)
const beginnings = (query: string) => parseQuery(query).words.filter(({ isPrefix }) => isPrefix).map(({ word }) => word)

t.test('a question is what is left without its stop words', async (t) => {
  t.same(words('How do I hash a password?'), ['hash', 'password'])
  t.same(words('to be or not'), ['to', 'be', 'or', 'not'], 'unless nothing is left')
  t.same(parseQuery('signed cookies').pairs, [['sign', 'cooki']])
})

t.test('phrases and beginnings, each once, and bounded (SW-01)', async (t) => {
  const query = '"blue tents" conf* conf* AND (x OR y) NEAR "blue tents"'
  t.same(parseQuery(query).phrases, [[['blue', 'tent']]])
  t.same(beginnings(query), ['conf'])
  t.same(beginnings('abc* abd* abe* abf*'), ['abc', 'abd', 'abe'], 'at most three')
  t.same(beginnings('ab* c*'), [], 'of at least three letters')
  t.equal(parseQuery(Array.from({ length: 20 }, (_, index) => `"w${index}"`).join(' ')).phrases.length, 4)
  t.equal(words(Array.from({ length: 90 }, (_, index) => `w${index}`).join(' ')).length, 32)
  t.same(parseQuery('« grand jour »').phrases, [[['grand', 'jour']]])
})

t.test('a word is looked for in each language that documents are in', async (t) => {
  t.same(parseQuery('utilisateurs', ['en', 'fr']).words[0]?.terms, ['utilisateur', 'utilis'])
  t.same(parseQuery('welche utilisateurs', ['en', 'de']).languages, ['de'])
})

t.test('words of scripts without spaces are cut apart, and those of Korean are beginnings', async (t) => {
  t.ok(isSpaceless('会議'))
  t.notOk(isSpaceless('walnut'))
  t.ok(wordsOf('日本語の会議').length > 1)
  t.same(beginnings('휴가를 会議 walnut'), ['휴가를', '会議'])
  t.same(termsOf('비밀번호를', 'en'), ['비밀번호'])
  t.equal(pathWords('guide/set-up.md'), 'guide/set-up')
})

t.test('runs without spaces are cut all at once, however many there are, and each as if it stood alone (BW-23)', async (t) => {
  const { segment } = Intl.Segmenter.prototype
  let calls = 0
  Intl.Segmenter.prototype.segment = function (...args) {
    calls++
    return segment.apply(this, args)
  }
  t.teardown(() => {
    Intl.Segmenter.prototype.segment = segment
  })
  t.strictSame(wordsOf('日本語の会議 a ภาษาไทย, ไ 中\n会議'), ['日本語', 'の', '会議', 'a', 'ภาษา', 'ไทย', 'ไ', '中', '会議'])
  t.equal(calls, 1)
  t.equal(wordsOf('ไม่ '.repeat(1_000)).length, 1_000)
  t.equal(calls, 2)
})

t.test('headings are cut all at once, and count up to a length (TL-37)', async (t) => {
  const { segment } = Intl.Segmenter.prototype
  let calls = 0
  Intl.Segmenter.prototype.segment = function (...args) {
    calls++
    return segment.apply(this, args)
  }
  t.teardown(() => { Intl.Segmenter.prototype.segment = segment })
  const { headings } = fieldsOf({ title: '会議', text: '# 会議\n## 日本語の会議\n### Two tents\n' }, 'en')
  t.same(headings, ['日本語', 'の', '会議', 'two', 'tent'], 'that of the title is left out')
  t.equal(calls, 3, 'of the title, the text, and all headings')
  calls = 0
  const many = fieldsOf({ title: 't', text: '# 会議\n'.repeat(8_000) }, 'en')
  t.equal(calls, 2)
  t.equal(many.body.length, 8_001)
  t.equal(many.headings.length, 3_334, '10,000 characters, with the end of each')
  t.equal(fieldsOf({ title: 't', text: `# ${'a '.repeat(20_000)}` }, 'en').headings.length, 5_000)
})
