// `npm run figures`: measures the source itself, as the limits in test/figures.test.ts hold it. Sizes, density, circles of
// imports, and how many files have a test at the mirrored path.
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { findCircles, isServer, readSources, type Source } from '../test/helpers/sources.ts'

/** Columns: what `max-len` of eslint.config.js allows. */
export const MAX_LINE_LENGTH = 140

export interface Figures {
  files: number
  /** Characters of a line that is not blank, on average. */
  meanLineLength: number
  /** Lines over MAX_LINE_LENGTH without a string, template, regular expression or URL, as `file:line`. */
  longLines: string[]
  /** Lines of the file in the middle, by length. */
  medianLines: number
  longest: { file: string; lines: number }
}

export interface Repository {
  source: Figures
  tests: Figures
  /** Circles of imports between source files, types included. */
  circles: string[]
  /** Constants named MOST_, LONGEST_ or LEAST_ instead of MAX_ and MIN_, as `file: name`. */
  superlatives: string[]
  /** Source files with a test at the mirrored path, and those without. */
  mirrored: string[]
  unmirrored: string[]
}

export async function measureRepository (): Promise<Repository> {
  const sources = await readSources()
  const server = sources.filter(({ file }) => isServer(file))
  const tests = sources.filter(({ file }) => file.startsWith('test/'))
  const names = new Set(sources.map(({ file }) => file))
  const isMirrored = ({ file }: Source) => mirrorsOf(file).some((mirror) => names.has(mirror))
  return {
    source: measure(server),
    tests: measure(tests),
    circles: findCircles(server),
    superlatives: sources.flatMap(findSuperlatives),
    mirrored: server.filter(isMirrored).map(({ file }) => file),
    unmirrored: server.filter((source) => !isMirrored(source)).map(({ file }) => file)
  }
}

/** `plugins/x/y.ts` is tested in `test/plugins/x/y.test.ts`, `plugins/x/index.ts` also in `test/plugins/x.test.ts`. */
function mirrorsOf (file: string): string[] {
  const mirror = `test/${file.replace(/\.ts$/, '.test.ts')}`
  return [mirror, mirror.replace(/\/index\.test\.ts$/, '.test.ts')]
}

function measure (sources: readonly Source[]): Figures {
  const lengths = sources.flatMap(({ text }) => linesOf(text).map((line) => line.length)).filter((length) => length > 0)
  const sizes = sources
    .map(({ file, text }) => ({ file, lines: linesOf(text).length }))
    .sort((one, other) => one.lines - other.lines)
  return {
    files: sources.length,
    meanLineLength: lengths.reduce((sum, length) => sum + length, 0) / lengths.length,
    longLines: sources.flatMap(findLongLines),
    medianLines: sizes[Math.floor(sizes.length / 2)]!.lines,
    longest: sizes.at(-1)!
  }
}

const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n').map((line) => line.trimEnd())

function findLongLines ({ file, text, tree }: Source): string[] {
  const long = linesOf(text).flatMap((line, index) => (line.length > MAX_LINE_LENGTH ? [{ line, index }] : []))
  if (long.length === 0) return []
  const free = linesWithLiterals(tree)
  return long
    .filter(({ line, index }) => !free.has(index) && !/https?:\/\//.test(line))
    .map(({ index }) => `${file}:${index + 1}`)
}

/** Indexes of the lines that hold a string, a template or a regular expression. */
function linesWithLiterals (tree: ts.SourceFile): Set<number> {
  const lines = new Set<number>()
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isRegularExpressionLiteral(node)) {
      const first = tree.getLineAndCharacterOfPosition(node.getStart()).line
      const last = tree.getLineAndCharacterOfPosition(node.getEnd()).line
      for (let line = first; line <= last; line++) lines.add(line)
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return lines
}

function findSuperlatives ({ file, tree }: Source): string[] {
  const found = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && /^(?:MOST|LONGEST|LEAST)_/.test(node.text)) found.add(`${file}: ${node.text}`)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return [...found]
}

function format (repository: Repository): string {
  const { source, tests, circles, superlatives, mirrored, unmirrored } = repository
  const share = (100 * mirrored.length) / (mirrored.length + unmirrored.length)
  const pair = (of: (figures: Figures) => string | number) => [String(of(source)), String(of(tests))]
  const rows = [
    ['', 'source', 'tests'],
    ['files', ...pair(({ files }) => files)],
    ['mean length of a line that is not blank', ...pair(({ meanLineLength }) => meanLineLength.toFixed(1))],
    [`lines over ${MAX_LINE_LENGTH} that are not free`, ...pair(({ longLines }) => longLines.length)],
    ['lines of the median file', ...pair(({ medianLines }) => medianLines)],
    ['lines of the longest file', ...pair(({ longest }) => longest.lines)],
    ['circles of imports', String(circles.length), ''],
    ['constants named MOST_, LONGEST_ or LEAST_', String(superlatives.length), ''],
    ['source files with a test at the mirrored path', `${mirrored.length} (${share.toFixed(0)} %)`, '']
  ]
  const table = rows.map(([name, ...cells]) => name!.padEnd(50) + cells.map((cell) => cell.padStart(12)).join(''))
  const longest = `longest: ${source.longest.file}, ${tests.longest.file}`
  return [...table, longest, 'without a test at the mirrored path:', ...unmirrored.map((file) => `  ${file}`)].join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  process.stdout.write(`${format(await measureRepository())}\n`)
}
