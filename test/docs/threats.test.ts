// docs/threats.md and SECURITY.md as a test: every id that a test or a
// comment names is defined, and every promise is
// shown by a test of each of its ids.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { readSources, type Source } from '../helpers/sources.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const read = (file: string) => readFile(join(ROOT, file), 'utf8')
const sources = await readSources()

/** A threat, such as TK-08, or a requirement of a specification, such as F42. */
const ID = /(?<![\w.-])(?:[A-Z]{2}-\d{2}|[A-HKNPQRTU]\d{1,2})(?![\w-])/g
const TEST_FUNCTION = /^(?:test|eachStorage|\w+Test)$/

/** The first argument of every call that begins a test. */
function titlesOf ({ tree }: Source): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && TEST_FUNCTION.test(nameOf(node.expression))) {
      const [title] = node.arguments
      if (title && (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title))) found.push(title.getText())
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

const nameOf = (node: ts.Expression): string =>
  ts.isPropertyAccessExpression(node) ? node.name.text : ts.isIdentifier(node) ? node.text : ''

const commentsOf = ({ text }: Source): string[] =>
  [...text.matchAll(/^\s*(?:\/\/|\/?\*).*$/gm)].map(([comment]) => comment)

/** Cells of every row of every table in a text; code marks are removed. */
const rows = (text: string): string[][] =>
  [...text.matchAll(/^\|(.*)\|$/gm)].map(([, row]) => row!.split('|').map((cell) => cell.trim().replaceAll('`', '')))

/** The ids of a cell such as `TK-05, TK-06` or `TK-01..03`. */
function idsIn (cell: string): string[] {
  return [...cell.matchAll(/([A-Z]{1,2}-?)(\d{1,2})(?:\.\.(\d{2}))?/g)].flatMap(([, letters, first, last = first]) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, step) =>
      letters! + String(Number(first) + step).padStart(first!.length, '0'))
  )
}

const titles = new Map(sources.map((source) => [source.file, titlesOf(source)]))
const defined = new Set(rows(await read('docs/threats.md')).flatMap(([id]) => idsIn(id!)))

t.test('docs/threats.md defines every id that a test, a comment or SECURITY names', async (t) => {
  t.ok(defined.size > 250)
  const named = sources.flatMap((source) => {
    const texts = [...(titles.get(source.file) ?? []), ...commentsOf(source)]
    return texts.flatMap((text) => [...text.matchAll(ID)].map(([id]) => `${id} in ${source.file}`))
  })
  const promised = rows(await read('SECURITY.md')).flatMap(([, ids]) => idsIn(ids ?? '').map((id) => `${id} in SECURITY.md`))
  const undefinedIds = [...named, ...promised].filter((use) => !defined.has(use.split(' ')[0]!))
  t.same([...new Set(undefinedIds)], [])
})

t.test('docs/threats.md defines each id once', async (t) => {
  const ids = rows(await read('docs/threats.md')).flatMap(([id]) => idsIn(id!))
  t.same(ids.filter((id, index) => ids.indexOf(id) !== index), [])
})

t.test('each promise of SECURITY is shown by a test of each of its ids, in one of the files it names', async (t) => {
  const section = /^## What the server promises\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(await read('SECURITY.md'))![1]!
  const promises = rows(section).slice(2)
  t.ok(promises.length > 10)
  for (const [promise, ids, files] of promises) {
    const tests = files!.split(', ').flatMap((file) => titles.get(file) ?? [])
    for (const id of ids!.split(', ')) {
      t.ok(tests.some((title) => new RegExp(`\\b${id}\\b`).test(title)), `${files} ${id}: ${promise}`)
    }
  }
})
