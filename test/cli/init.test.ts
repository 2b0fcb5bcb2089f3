// `init` writes a project into a new folder, and never into one that holds something. The project itself is tried in
// `packaging/tarball.test.ts`.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../helpers/commands.ts'
import { folder } from '../helpers/tool-context.ts'

t.test('a folder that is new, empty or only under version control gets the files; any other is left as it is', async (t) => {
  const place = await folder(t)
  const init = (name: string) => command('init', {}, [join(place, name), '--skip-install', '--package', 'file:x'])
  for (const name of ['My New', 'empty', 'cloned']) {
    if (name !== 'My New') await mkdir(join(place, name, name === 'cloned' ? '.git' : ''), { recursive: true })
    t.match(
      await init(name),
      { status: 0, stdout: /Done\. Next:[^]*npm install/ },
      name
    )
    const written = JSON.parse(await readFile(join(place, name, 'package.json'), 'utf8')) as { name: string }
    t.match(written, { name: name === 'My New' ? 'my-new' : name })
    t.ok((await readdir(join(place, name))).includes('.env'))
  }
  for (const name of ['README.md', '.env', '.gitignore', '.git2', 'package.json']) {
    const used = join(place, `with ${name}`)
    await mkdir(used)
    await writeFile(join(used, name), 'mine')
    const ran = await init(`with ${name}`)
    t.equal(ran.status, 1, name)
    t.match(ran.stderr, /is not empty: name a new folder/)
    t.same([await readdir(used), await readFile(join(used, name), 'utf8')],
      [[name], 'mine'], 'nothing was changed')
  }
  for (const words of [[],
    ['a', 'b']]) t.match(await command('init', {}, words), { status: 1, stderr: /Name one folder/ })
})
