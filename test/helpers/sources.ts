// The project's own TypeScript files, as the tests of the architecture and the figures read them: text, imports, strings.
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import ts from 'typescript'

const ROOT = new URL('../..', import.meta.url).pathname
/** Folders without source of the project. */
const NOT_SOURCE = new Set(['node_modules', 'data', 'dist', 'coverage', '.tap', '.git'])
/** Everything but the server itself. */
const AROUND = /^(?:test|bench|packaging|template)\//

export interface Import {
  /** A file of the project by its path from the root, after `./`; a package by its name. */
  target: string
  typeOnly: boolean
}

export interface Source {
  /** The path from the root, with `/`. */
  file: string
  text: string
  tree: ts.SourceFile
  imports: Import[]
  strings: string[]
  readsEnvironment: boolean
}

/** Whether a file belongs to the server, rather than to its tests and benchmarks. */
export const isServer = (file: string): boolean => !AROUND.test(file)

let sources: Promise<Source[]> | undefined

/** Read once in a process: several tests look through them, and none changes them. */
export const readSources = (): Promise<Source[]> => (sources ??= listFiles('').then((files) => Promise.all(files.map(read))))

async function listFiles (folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { withFileTypes: true })
  const files = await Promise.all(
    entries
      .filter(({ name }) => !NOT_SOURCE.has(name))
      .map((entry) => {
        const path = join(folder, entry.name)
        if (entry.isDirectory()) return listFiles(path)
        return entry.name.endsWith('.ts') ? [path] : []
      })
  )
  return files
    .flat()
    .map((file) => file.split(sep).join('/'))
    .sort()
}

async function read (file: string): Promise<Source> {
  const text = await readFile(join(ROOT, file), 'utf8')
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const source: Source = { file, text, tree, imports: [], strings: [], readsEnvironment: false }
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier) {
      source.imports.push({ target: resolveSpecifier(file, specifier.text), typeOnly: isTypeOnly(node) })
      return
    }
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      source.strings.push(node.text)
    }
    if (ts.isPropertyAccessExpression(node) && node.getText() === 'process.env') source.readsEnvironment = true
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return source
}

function specifierOf (node: ts.Node): ts.StringLiteral | undefined {
  const specifier =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
        ? node.arguments[0]
        : undefined
  return specifier && ts.isStringLiteral(specifier) ? specifier : undefined
}

/** `import type …`, or `import { type A, type B }`: nothing is loaded for it. */
function isTypeOnly (node: ts.Node): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  if (!ts.isImportDeclaration(node)) return false
  const clause = node.importClause
  if (!clause) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const named = clause.namedBindings
  return (
    clause.name === undefined &&
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.every((element) => element.isTypeOnly)
  )
}

/** A file of the project by its path from the root; a package by its name. */
function resolveSpecifier (file: string, specifier: string): string {
  return specifier.startsWith('.')
    ? './' +
        normalize(join(dirname(file), specifier))
          .split(sep)
          .join('/')
    : specifier
}

/** The paths of imports, types included, that lead from a file back to itself. */
export function findCircles (sources: readonly Source[]): string[] {
  const targetsOf = new Map(sources.map(({ file, imports }) => [file, targets(imports)]))
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (path.includes(file) || done.has(file)) return
    for (const target of targetsOf.get(file) ?? []) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of targetsOf.keys()) visit(file, [])
  return circles
}

const targets = (imports: readonly Import[]): string[] =>
  imports.filter(({ target }) => target.startsWith('./')).map(({ target }) => target.slice(2))
