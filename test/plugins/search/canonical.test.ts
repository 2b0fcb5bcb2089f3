// Words have one spelling, however they are written: the same for documents and queries.
import t from 'tap'
import { canonical, withoutAccents } from '../../../plugins/search/canonical.ts'

t.test('case, compatibility forms, format characters, points and stretched letters do not count', async (t) => {
  for (const [written, one] of [
    ['STRASSE', 'strasse'],
    ['Straße', 'strasse'],
    ['ΟΔΟΣ', 'οδοσ'],
    ['οδός', 'οδόσ'],
    ['o\ufb03ce', 'office'],
    ['\uff21\uff22\uff23', 'abc'],
    ['Silben\u00adtrennung', 'silbentrennung'],
    ['می\u200cخواهم', 'میخواهم'],
    ['a\u2060b\ufeffc', 'abc'],
    ['كِتَاب', 'كتاب'],
    ['كتـــاب', 'كتاب'],
    ['שָׁלוֹם', 'שלום'],
    ['\u0958', '\u0915\u093c'],
    ['İstanbul', 'istanbul'],
    ['٢٠٢٤', '2024']
  ]) t.equal(canonical(written!), one)
  t.equal(canonical(`a${'\u0301\u0316'.repeat(9_000)}b`), canonical(`a${'\u0301\u0316'.repeat(15)}b`), 'no letter has more than 30 marks')
  t.equal(canonical('a\u200bb'), 'a\u200bb', 'a space without width stands between words')
})

t.test('accents go from Latin, Greek and Cyrillic letters, and other marks stay', async (t) => {
  t.equal(withoutAccents('Éclair naïve οδός ёлка ñandú'), 'Eclair naive οδος елка nandu')
  t.equal(withoutAccents('łódź đakovo ærøskøbing œuvre ısırgan þór'), 'lodz dakovo aeroskobing oeuvre isirgan thor')
  t.equal(withoutAccents('май हिन्दी'), 'май हिन्दी')
})

t.test('a text of letters that stand for many grows to twice its length at most (BW-23)', async (t) => {
  t.equal(canonical('\ufdfa').length, 18)
  t.ok(canonical('\ufdfa'.repeat(40_000)).length <= 81_000)
})
