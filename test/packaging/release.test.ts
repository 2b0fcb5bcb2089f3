// What is released under a tag: only the version of the tree, with notes of its own.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { findProblems, notesOf } from '../../packaging/release.ts'

const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }

const CHANGELOG = `# Changelog

## 0.3.0 (unreleased)

- Later.

## 0.2.0 (2027-01-31)

- New.
- Newer.

## 0.1.0 (2026-12-01)

- First.
`

t.test('the notes of a tag are its section, once it has a date', async (t) => {
  t.equal(notesOf('v0.2.0', CHANGELOG), '- New.\n- Newer.')
  t.equal(notesOf('v0.1.0', CHANGELOG), '- First.')
  t.equal(notesOf('v0.3.0', CHANGELOG), undefined)
  t.equal(notesOf('v0.2', CHANGELOG), undefined)
})

t.test('another tag than that of the tree is refused', async (t) => {
  t.match(findProblems('v99.0.0'), [/^The tag v99\.0\.0 is not v/, /^CHANGELOG\.md has no section/])
  t.notOk(findProblems(`v${version}`).some((problem) => /tag|server\.json|mcpName/.test(problem)), 'package.json and server.json agree')
})
