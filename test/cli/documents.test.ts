// `npm run documents` lists what is read and what is left out, with the reason.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../helpers/commands.ts'
import { fill, folder } from '../helpers/tool-context.ts'

t.test('a line for each file, and nothing is stored', async (t) => {
  const docs = await folder(t)
  await fill(docs, { 'a.md': '# Walnut', 'b.pdf': 'no PDF', 'c.xyz': 'x', '.hidden.md': 'x' })
  const dataDir = await mkdtemp(join(tmpdir(), 'documents-'))
  await rm(dataDir, { recursive: true })
  const env = { DOCS_DIR: docs, DATA_DIR: dataDir, PUBLIC_URL: 'http://localhost:8080' }
  const run = (...words: string[]) => command('documents', env, words)
  const all = await run()
  t.match(all.stdout, /^document\ta\.md\tWalnut\n/)
  t.match(all.stdout, /left out\tb\.pdf\tit is broken.*\nleft out|left out\tc\.xyz\tfiles of this ending/)
  t.match(all.stderr, '1 documents; 2 left out: 1 .pdf (broken), 1 .xyz (unknown format)')
  t.notMatch(all.stdout, /hidden/)
  t.notMatch((await run('left-out')).stdout, /^document/m)
  t.equal((await run('everything')).status, 1)
  t.same((await import('node:fs')).existsSync(dataDir), false)
})
