// `npm run documents` lists what is read and what is left out, with the reason.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { childEnvironment } from '../helpers/child-environment.ts'
import { fill, folder } from '../helpers/tool-context.ts'

t.test('a line for each file, and nothing is stored', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'a.md': '# Walnut', 'b.pdf': 'no PDF', 'c.xyz': 'x', '.hidden.md': 'x' })
  const dataDir = await mkdtemp(join(tmpdir(), 'documents-'))
  await rm(dataDir, { recursive: true })
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['cli/documents.ts', ...args], {
      encoding: 'utf8',
      env: childEnvironment({ DOCS_DIR: docs, DATA_DIR: dataDir, PUBLIC_URL: 'http://localhost:8080' })
    })
  const all = run()
  t.match(all.stdout, /^document\ta\.md\tWalnut\n/)
  t.match(all.stdout, /left out\tb\.pdf\tit is broken.*\nleft out|left out\tc\.xyz\tfiles of this ending/)
  t.match(all.stderr, '1 documents; 2 left out: 1 .pdf (broken), 1 .xyz (unknown format)')
  t.notMatch(all.stdout, /hidden/)
  t.notMatch(run('left-out').stdout, /^document/m)
  t.equal(run('everything').status, 1)
  t.same((await import('node:fs')).existsSync(dataDir), false)
})
