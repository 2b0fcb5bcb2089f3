// Permissions of a task: its room, the packages and the named files, and nothing that would let it read more.
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { permissionsOf } from '../../../plugins/workers/permissions.ts'

const root = realpathSync(fileURLToPath(new URL('../../../', import.meta.url))).replace(/\/$/, '')
const TASK = new URL('../../../tools/analyze/task.ts', import.meta.url)

t.test('a task reads its own room, and no other room or the project itself', (t) => {
  const { flags, key } = permissionsOf(TASK, ['/data/shop.db'])
  const readable = flags.filter((flag) => flag.startsWith('--allow-fs-read=')).map((flag) => flag.slice(16))
  t.equal(flags[0], '--permission')
  t.ok(readable.includes(`${root}/tools`) && readable.includes('/data/shop.db'))
  t.notOk(readable.some((path) => [root, `${root}/plugins`, `${root}/auth-backends`, '/data'].includes(path)))
  t.not(key, permissionsOf(TASK).key, 'other files, other processes')
  t.end()
})

t.test('a path that Node would read as a pattern is refused', (t) => {
  for (const path of ['/data/*', '/da*ta/shop.db', '*']) {
    t.throws(() => permissionsOf(TASK, [path]), { message: /a \* in it/ }, path)
  }
  t.end()
})
