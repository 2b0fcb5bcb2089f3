// Words that this project has retired stay out of names of files and of identifiers. CONTRIBUTING.md, "Words", has the
// terms that took their place.
import t from 'tap'
import ts from 'typescript'
import { readSources, type Source } from './helpers/sources.ts'

/** In lower case, each with the word to use. */
const retired = new Map([
  ['errand', 'intent'],
  ['voice', 'error handler'],
  ['voices', 'error handlers'],
  ['anew', 'again'],
  ['whoever', 'a noun'],
  ['somebody', 'a noun'],
  ['door', 'challenge'],
  ['most', 'max'],
  ['longest', 'max'],
  ['least', 'min']
])
/** What a constant may be called all the same: the superlative is the value, and not a bound. */
const AS_VALUE = ['most', 'longest', 'least']

const wordsOf = (name: string): string[] =>
  name
    .split(/(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase())

/** A name that starts with a retired superlative is a bound only where it is a constant in capitals. */
const retiredIn = (name: string): string[] =>
  wordsOf(name).filter((word) => retired.has(word) && !(AS_VALUE.includes(word) && !/^[A-Z]+_/.test(name)))

function identifiersOf ({ tree }: Source): Set<string> {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) names.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return names
}

t.test('no name of a file or an identifier holds a retired word', async (t) => {
  const found = (await readSources()).flatMap((source) =>
    [source.file, ...identifiersOf(source)].flatMap((name) =>
      retiredIn(name).map((word) => `${source.file}: ${name}: write ${retired.get(word)} instead of ${word}`)
    )
  )
  t.same(found, [])
})
