// Where front matter ends, and that what is broken in it costs nothing.
import t from 'tap'
import { frontMatterOf } from '../../../plugins/library/front-matter.ts'
import { markdownTitle } from '../../../plugins/library/markdown-title.ts'

t.test('the text begins after the front matter, and aliases that multiply are only broken front matter', async (t) => {
  const source = '---\ntitle: a\n---\r\nText'
  t.equal(source.slice(frontMatterOf(source).end), 'Text')
  const levels = Array.from({ length: 9 }, (_, index) => `l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join()}]`)
  t.equal(markdownTitle(`---\nl0: &l0 [lol]\n${levels.join('\n')}\ntitle: *l9\n---\n# Heading`), 'Heading')
  t.equal(markdownTitle(`---\nrest: ${'a'.repeat(16_384)}\ntitle: far away\n\n---\n# Heading`), 'Heading', 'longer ones are text')
  t.equal(markdownTitle(`---\n${'? '.repeat(400)}a\n---\n# Heading`), 'Heading')
  for (const [yaml, isMatter] of [['a: 1', true], ['', true], ['- a', true], ['{', true], ['A sentence.', false], ['12', false]] as const) {
    t.equal(frontMatterOf(`---\n${yaml}\n---\n`).end > 0, isMatter, yaml)
  }
})
