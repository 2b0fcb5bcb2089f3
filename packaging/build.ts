// `npm run build`: compiles the server into dist/, as it is published. Runs before npm packs it; development needs no build.
import { execFileSync } from 'node:child_process'
import { cp, glob, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../', import.meta.url)
const DIST = new URL('dist/', ROOT)
/** Files that the code reads. */
const BESIDE = ['views', 'languages', 'template']
/**
 * Paths of modules in strings, which the compiler does not rewrite: workers' tasks and imports
 * on demand. The length stays the same.
 */
const MODULE_PATH = /(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g
/**
 * What a declaration refers to: `from './x.js'`, `import './x.js'`, `import('./x.js')`.
 */
const REFERENCE = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"\n]+)\.[jt]s['"]/g

await rm(DIST, { recursive: true, force: true })
const tsc = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'))
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' })
for await (const file of glob('**/*.js', { cwd: fileURLToPath(DIST) })) {
  const url = new URL(file, DIST)
  const code = await readFile(url, 'utf8')
  const compiled = code.replace(MODULE_PATH, '$1$2.js$1')
  if (compiled !== code) await writeFile(url, compiled)
}
const reachable = await declarations()
for await (const file of glob('**/*.d.ts', { cwd: fileURLToPath(DIST) })) {
  const { href } = new URL(file, DIST)
  if (!reachable.has(href)) await rm(new URL(href))
}
for (const folder of BESIDE) {
  // The code between the catalogues is compiled.
  const filter = (path: string) => folder !== 'languages' || !path.endsWith('.ts')
  await cp(new URL(folder, ROOT), new URL(folder, DIST), { recursive: true, filter })
}

/**
 * @returns the addresses of the declarations that an author's compiler can reach: those of the
 * exports, and what they refer to.
 */
async function declarations (): Promise<Set<string>> {
  const { exports } = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')) as { exports: Record<string, { types?: string }> }
  const entries = Object.values(exports).flatMap(({ types }) => types ?? [])
  const found = new Set(entries.map((path) => new URL(path, ROOT).href))
  // A set also visits what is added meanwhile.
  for (const href of found) {
    const code = await readFile(new URL(href), 'utf8')
    for (const [, path] of code.matchAll(REFERENCE)) {
      found.add(new URL(`${path}.d.ts`, href).href)
    }
  }
  return found
}
