// Patterns of access.json: what each wildcard stands for, and that nothing else is one.
import t from 'tap'
import fc from '../../helpers/fast-check.ts'
import { patternList } from '../../../plugins/access-rules/patterns.ts'

const gives = (patterns: string[], name: string) => patternList(patterns).gives(name)

t.test('a wildcard stands for text, with or without folders', async (t) => {
  for (const [pattern, fits, others] of [
    ['search', ['search'], ['Search', 'research', 'search2', '']],
    ['crm_*', ['crm_', 'crm_find'], ['crm', 'acrm_find', 'crm_a/b']],
    ['**', ['a', 'a/b/c.md', '.hidden', 'note:x', 'a\nb', ''], []],
    ['finance/**', ['finance/a.md', 'finance/q3/b.md'], ['finance', 'finances/a.md', 'x/finance/a.md']],
    ['finance/*', ['finance/a.md'], ['finance/q3/b.md']],
    ['**/draft.md', ['draft.md', 'a/draft.md', 'a/b/draft.md'], ['xdraft.md', 'draft.md/a']],
    ['**/private/**', ['private/a', 'x/private/a/b'], ['private', 'xprivate/a']],
    ['a.b+c(d)[e]{f}^$|\\?', ['a.b+c(d)[e]{f}^$|\\?'], ['axb+c(d)[e]{f}^$|\\?']],
    ['drive:*', ['drive:1'], ['drive', 'drive:1/2']]
  ] as const) {
    for (const name of fits) t.ok(gives([pattern], name), `${pattern} fits ${name}`)
    for (const name of others) t.notOk(gives([pattern], name), `${pattern} does not fit ${name}`)
  }
})

t.test('names are compared as Unicode says that they are the same', async (t) => {
  t.ok(gives(['caf\u00e9/**'], 'cafe\u0301/menu.md'))
  t.ok(gives(['cafe\u0301/**'], 'caf\u00e9/menu.md'))
  t.ok(gives(['😀*'], '😀.md'))
})

t.test('what is left out of a list is left out wherever it stands in it', async (t) => {
  for (const patterns of [['**', '!a/**'], ['!a/**', '**']]) {
    t.ok(gives(patterns, 'b/x'))
    t.notOk(gives(patterns, 'a/x'))
  }
  t.equal(patternList(['!a']).onlyLeavesOut, true)
  t.equal(patternList(['!a', 'b']).onlyLeavesOut, false)
  t.equal(patternList([]).onlyLeavesOut, false)
})

t.test('a pattern fits what the regular expression of the same meaning fits', async (t) => {
  const meaning: Record<string, string> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*' }
  const piece = fc.constantFrom('**/', '**', '*', 'a', 'b', '/')
  // A slash after `**` is part of it.
  const pattern = fc.array(piece, { maxLength: 7 }).map((pieces) => pieces.join(''))
  const name = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 }).map((letters) => letters.join(''))
  fc.assert(
    fc.property(pattern.filter((text) => text !== ''), name, (pattern, name) => {
      const expression = pattern.split(/(\*\*\/|\*\*|\*)/).map((part) => meaning[part] ?? part).join('')
      return gives([pattern], name) === new RegExp(`^${expression}$`, 's').test(name)
    }),
    { numRuns: 3_000 }
  )
  t.pass()
})

t.test('a long name does not keep many wildcards busy (RU-09)', async (t) => {
  const startedAt = performance.now()
  t.notOk(gives(['**a*a**a*a**a*b'], 'a'.repeat(5_000)))
  t.ok(performance.now() - startedAt < 1_000)
})
