// The notes of one person, as tools use them: written, found, listed, changed and deleted, with versions.
import t from 'tap'
import { ToolError } from '../../../authoring/tool.ts'
import deleteTool from '../../../tools/delete-note.ts'
import fetchTool from '../../../tools/fetch.ts'
import listTool from '../../../tools/list-notes.ts'
import searchTool from '../../../tools/search.ts'
import updateTool from '../../../tools/update-note.ts'
import writeTool from '../../../tools/write.ts'
import { toolContexts } from '../../helpers/tool-context.ts'

const ann = { id: 'ann' }

t.test('a note is written, found at once, read, added to, changed and deleted', async (t) => {
  const tool = (await toolContexts(t, { 'a.md': 'walnut' }))(ann)
  const made = await writeTool.run({ text: '# Packing list\n\nTake the blue tent.' }, tool)
  t.match(made, {
    id: /^note:[\w-]{16}$/,
    title: 'Packing list',
    version: 1,
    url: `https://mcp.example/documents/${encodeURIComponent(made.id)}`
  })
  t.match(await searchTool.run({ query: 'Which tent do I take?' }, tool), {
    results: [{ id: made.id, title: 'Packing list', url: made.url }]
  })
  t.match(await fetchTool.run({ id: made.id }, tool), {
    id: made.id,
    text: '# Packing list\n\nTake the blue tent.',
    metadata: { type: 'note', version: '1' }
  })

  const added = await writeTool.run({ id: made.id, text: 'And the red lamp.' }, tool)
  t.same([added.version, added.id], [2, made.id])
  t.equal((await fetchTool.run({ id: made.id }, tool)).text, '# Packing list\n\nTake the blue tent.\nAnd the red lamp.')
  t.same(
    (await searchTool.run({ query: '"red lamp"' }, tool)).results.map(({ id }) => id),
    [made.id]
  )

  const changed = await updateTool.run({ id: made.id, version: 2, text: 'Only the green hammock.' }, tool)
  t.match(changed, { version: 3, title: 'Packing list' })
  t.same((await searchTool.run({ query: 'tent' }, tool)).results, [])
  t.match(await updateTool.run({ id: made.id, version: 3, title: 'Hammock' }, tool), { version: 4, title: 'Hammock' })
  t.equal((await fetchTool.run({ id: made.id }, tool)).text, 'Only the green hammock.')

  t.same(await deleteTool.run({ id: made.id, version: 4 }, tool), { deleted: made.id })
  t.same((await searchTool.run({ query: 'hammock' }, tool)).results, [])
  await t.rejects(fetchTool.run({ id: made.id }, tool), ToolError)
  t.same((await listTool.run({}, tool)).notes, [])
})
