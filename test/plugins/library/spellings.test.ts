// A document is found under every spelling of its id that models write.
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import t from 'tap'
import { fill, folder } from '../../helpers/tool-context.ts'
import { open } from './open.ts'

t.test('by its URL, percent-encoded, with a slash before it, and in either normal form', async (t) => {
  const docs = await folder(t)
  const decomposed = 'Überblick.md'.normalize('NFD')
  const mixed = `${'Größe'.normalize('NFD')}/Straße ä.md`
  await fill(docs, { [decomposed]: 'walnut', [mixed]: 'almond', 'sub folder/50% plan.md': 'cashew', 'Äpfel.md': 'pecan' })
  const { library } = await open(t, docs)
  await library.ready
  const plan = await library.fetch('sub folder/50% plan.md')
  for (const [id, text] of [
    [decomposed.normalize('NFC'), 'walnut'],
    [mixed.normalize('NFC'), 'almond'],
    [mixed.normalize('NFD'), 'almond'],
    ['Äpfel.md'.normalize('NFD'), 'pecan'],
    [plan!.url, 'cashew'],
    ['sub%20folder/50%25%20plan.md', 'cashew'],
    ['/sub folder/50% plan.md', 'cashew'],
    ['/documents/sub%20folder/50%25%20plan.md', 'cashew']
  ] as const) t.equal((await library.of(null, ALL_RIGHTS.documents).fetch(id))?.text, text, id)
  for (const id of ['', '/', '%', '%2e%2e/sub folder', 'https://mcp.example/documents/', 'nothing.md']) {
    t.equal(await library.fetch(id), undefined, id)
  }
})
