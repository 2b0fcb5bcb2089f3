// Titles in front matter, which is YAML 1.2 or TOML, and in headings. Further cases: test/plugins/library/indexer.test.ts.
import t from 'tap'
import { markdownTitle } from '../../../plugins/library/markdown-title.ts'

t.test('the title of the front matter, as its language means it', async (t) => {
  const rows: Array<[string, string | undefined]> = [
    ['---\ntitle: >-\n  How to renew\n  a licence\n---\n# Heading', 'How to renew a licence'],
    ['---\ntitle: |\n  A literal title\n---\n', 'A literal title\n'],
    ['---\ntitle: "Plan: second draft" # not final\n---\n', 'Plan: second draft'],
    ["---\ntitle: 'It''s here'\n---\n", "It's here"],
    ['---\r\ntitle: 2024\r\n---\r\n', '2024'],
    ['---\ntitle: ~\n---\n# Heading', 'Heading'],
    ['---\ntitle: [a, b]\n---\n# Heading', 'Heading'],
    ['---\ntitle: {{ page }}\n---\n# Heading', 'Heading'],
    ['+++\ntitle = "From Hugo"\n+++\n# Later', 'From Hugo'],
    ['+++\ntitle = \n+++\n# Heading', 'Heading'],
    ['---\nA sentence.\n---\n# Heading', 'A sentence.'],
    ['```\n# Code\n```\n# Heading', 'Heading'],
    ['~~~\n# Code', undefined],
    [`# ${'x'.repeat(500)}\n# Heading`, 'Heading'],
    ['---\ntitle: never closed\n# Heading', 'Heading']
  ]
  for (const [source, title] of rows) t.equal(markdownTitle(source), title, JSON.stringify(source))
})
