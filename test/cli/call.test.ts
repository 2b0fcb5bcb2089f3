// `call` runs one tool here and now, and what others have written reaches the terminal as text only.
import t from 'tap'
import { command } from '../helpers/commands.ts'
import { fill, folder } from '../helpers/tool-context.ts'

const UNSAFE = /[\u009b\u202e\u200b]/

t.test('a document of the folder, and every error, is printed without what a terminal obeys (OP-04)', async (t) => {
  const cwd = await folder(t)
  const text = '# Walnut\u009b2J\n\nright\u202eleft\u200b, and more words. '.repeat(2)
  await fill(cwd, { 'docs/evil.md': text.padEnd(400, 'nut ') })
  const call = (...words: string[]) => command('call', { DOCS_DIR: 'docs' }, words, cwd)
  const { stdout } = await call('fetch', '{"id":"evil.md"}')
  t.notMatch(stdout, UNSAFE)
  t.equal(JSON.parse(stdout).text, text.padEnd(400, 'nut '))
  const { stderr } = await call('none\u202e', '{}')
  t.match(stderr, /^There is no tool "none\\u\{202e\}"\. There are: .*fetch/)
  t.notMatch(stderr, UNSAFE)
})
