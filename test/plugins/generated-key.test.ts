// The generated secret key of a data folder.
import fs from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { loadGeneratedKey } from '../../plugins/generated-key.ts'
import { folder } from '../helpers/tool-context.ts'

t.test('the generated key is made once, and only whoever runs the server can read it (WB-08)', async (t) => {
  const place = await folder(t)
  const key = loadGeneratedKey(place)
  t.match(key, /^[\w-]{43}$/)
  t.equal(loadGeneratedKey(place), key)
  t.same(await readdir(place), ['secret-key'], 'no draft is left')
  t.equal((await stat(join(place, 'secret-key'))).mode & 0o777, 0o600)
})

t.test('a key that is cut off, or cannot be read, is neither used nor made again', async (t) => {
  const place = await folder(t)
  const file = join(place, 'secret-key')
  await writeFile(file, `${'a'.repeat(31)}\n`)
  t.throws(() => loadGeneratedKey(place), {
    name: 'StartError',
    message: /secret-key is damaged: restore it/
  })
  t.equal(await readFile(file, 'utf8'), `${'a'.repeat(31)}\n`)

  const other = await folder(t)
  await mkdir(join(other, 'secret-key'))
  t.throws(() => loadGeneratedKey(other), { code: 'EISDIR' })
  t.same(await readdir(other), ['secret-key'])
})

t.test('of processes that start at once, all take the key of the first', async (t) => {
  const place = await folder(t)
  const { linkSync } = fs
  const link = (deed: typeof linkSync) => {
    fs.linkSync = deed
    syncBuiltinESMExports()
  }
  t.teardown(() => link(linkSync))
  const first = 'f'.repeat(43)
  link((draft, file) => {
    fs.writeFileSync(file, first)
    linkSync(draft, file)
  })
  t.equal(loadGeneratedKey(place), first)
  t.same(await readdir(place), ['secret-key'])

  const full = await folder(t)
  link(() => {
    throw Object.assign(new Error('full'), { code: 'ENOSPC' })
  })
  t.throws(() => loadGeneratedKey(full), { code: 'ENOSPC' })
  t.same(await readdir(full), [], 'no draft is left')
})
