// Notes as a capability of the app: without sign-in, exported whole, and deleted whole.
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import t from 'tap'
import { ToolError } from '../../../authoring/tool.ts'
import fetchTool from '../../../tools/fetch.ts'
import writeTool from '../../../tools/write.ts'
import { folder, openHouse, toolContexts } from '../../helpers/tool-context.ts'

const ann = { id: 'ann' }
const bob = { id: 'bob' }

t.test("without sign-in all callers share one set of notes, which is no user's", async (t) => {
  const contexts = await toolContexts(t, {})
  const { id } = await writeTool.run({ text: 'walnut' }, contexts(null))
  t.match(await fetchTool.run({ id }, contexts(null)), { text: 'walnut' })
  await t.rejects(fetchTool.run({ id }, contexts(ann)), ToolError)
})

t.test('the notes of a person are given back whole, and deleted whole', async (t) => {
  const docs = await folder(t)
  const { app } = await openHouse(t, docs)
  for (let index = 0; index < 120; index++) { await app.notes.of(ann).create({ title: `Note ${index}`, text: `text ${index}` }) }
  await app.notes.of(bob).create({ text: 'of Bob' })
  const exported = (user: string) => Array.fromAsync(app.notes.exportOf(user))
  const notes = await exported('ann')
  t.equal(new Set(notes.map(({ id }) => id)).size, 120)
  t.match(notes[0], { title: /^Note /, text: /^text /, version: 1, created: /T.*Z$/, modified: /T.*Z$/ })
  t.equal(await app.notes.deleteOf('ann'), 120)
  t.same(await exported('ann'), [])
  t.same(await app.library.of(ann, ALL_RIGHTS.documents).search('text'), [])
  t.equal((await exported('bob')).length, 1)
})
