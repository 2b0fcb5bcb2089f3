// Scripts are served by name and content; a page without one allows none.
import t from 'tap'
import { readScripts } from '../../../plugins/pages/scripts.ts'

t.test('a page that has no script gets none', async (t) => {
  const scripts = readScripts('/assets')
  t.equal(scripts.of('error'), undefined)
  t.match(scripts.of('admin/connections')!.url, /^\/assets\/live\.js\?v=[\w-]{16}$/)
})
