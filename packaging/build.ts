// `npm run build`: compiles the server into dist/, as it is published. Runs before npm packs it; development needs no build.
import { execFileSync } from 'node:child_process'
import { cp, glob, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../', import.meta.url)
const DIST = new URL('dist/', ROOT)
/** Files that the code reads. */
const BESIDE = ['views', 'template']
/** Paths of modules in strings, which the compiler does not rewrite: workers' tasks and imports on demand. The length stays the same. */
const MODULE_PATH = /(['"])(\.{1,2}\/[^'"\n]+)\.ts\1/g

await rm(DIST, { recursive: true, force: true })
const tsc = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'))
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' })
for await (const file of glob('**/*.js', { cwd: fileURLToPath(DIST) })) {
  const url = new URL(file, DIST)
  const code = await readFile(url, 'utf8')
  const compiled = code.replace(MODULE_PATH, '$1$2.js$1')
  if (compiled !== code) await writeFile(url, compiled)
}
for (const folder of BESIDE) await cp(new URL(folder, ROOT), new URL(folder, DIST), { recursive: true })
