// The generated secret key of a data folder.
import { readdir, stat } from 'node:fs/promises'
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
