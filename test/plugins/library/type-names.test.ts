// Every format that the documentation lists has a name for people.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { english } from '../../../languages/index.ts'
import { typeOf } from '../../../plugins/library/file-types.ts'
import { typeName } from '../../../plugins/library/type-names.ts'

t.test('every format that the documentation lists has a name without a slash', async (t) => {
  const docs = readFileSync(new URL('../../../docs/documents-and-search.md', import.meta.url), 'utf8')
  const table = /^### Formats\n([^]*?)\n\n- /m.exec(docs)![1]!
  const endings = [...table.matchAll(/`(\.\w+)`/g)].map(([, ending]) => ending!)
  t.ok(endings.length > 50)
  for (const ending of endings) t.notMatch(english.say(typeName(typeOf(`a${ending}`)!)), '/', ending)
  t.same(['a.pdf', 'a.docx', 'a.md', 'a.py'].map((name) => english.say(typeName(typeOf(name)!))), ['PDF', 'Word document', 'Markdown', 'Source code'])
  t.equal(typeName('image/x-of-a-source'), 'image/x-of-a-source')
})
