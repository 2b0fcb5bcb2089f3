// What browsers and apps say about languages, and which of ours each person gets.
import t from 'tap'
import { matchLanguage } from '../../languages/match.ts'

t.test('the best of what a browser or an app names wins, by language and script', async (t) => {
  const cases: Array<[string | undefined, string | undefined]> = [
    ['de', 'de'],
    ['de-AT, en;q=0.8', 'de'],
    ['en;q=0.2, fr;q=0.9', 'fr'],
    ['en ; q=0.2 , es ; q=0.4', 'es'],
    ['pt-BR', 'pt'],
    ['ja-JP', 'ja'],
    ['zh-CN', 'zh'],
    ['zh-Hans-SG', 'zh'],
    ['zh-TW', undefined],
    ['zh-TW, zh;q=0.3', 'zh'],
    ['it, nl, fr;q=0.1', 'fr'],
    ['fr-CA en-CA', 'fr'],
    ['de;q=0', undefined],
    ['*', undefined],
    ['', undefined],
    [undefined, undefined]
  ]
  for (const [wanted, ours] of cases) t.equal(matchLanguage(wanted), ours, String(wanted))
})

t.test('nonsense of any length is no language, and costs little', async (t) => {
  for (const wanted of ['x', ';;;', ';q=3', 'de;q=two', '\u0000', 'a-'.repeat(50_000), `${'xx,'.repeat(30)}de`]) {
    t.equal(matchLanguage(wanted), undefined, wanted.slice(0, 20))
  }
})
