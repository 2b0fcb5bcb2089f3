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

  const edited = await updateTool.run({ id: made.id, version: 4, old_text: 'green', new_text: 'yellow' }, tool)
  t.match(edited, { version: 5, title: 'Hammock' })
  t.equal((await fetchTool.run({ id: made.id }, tool)).text, 'Only the yellow hammock.')
  await t.rejects(updateTool.run({ id: made.id, version: 5, old_text: 'green', new_text: 'x' }, tool), { code: 'invalid' })
  for (const args of [{}, { old_text: 'x' }, { new_text: 'x' }, { text: 'x', old_text: 'x', new_text: 'y' }]) {
    t.notOk(updateTool.input.safeParse({ id: made.id, version: 5, ...args }).success, JSON.stringify(args))
  }
  t.match((await listTool.run({ query: 'yellow' }, tool)).notes, [{ id: made.id, version: 5, beginning: /yellow hammock/ }])
  t.same((await listTool.run({ query: 'zebra' }, tool)).notes, [])

  t.same(await deleteTool.run({ id: made.id, version: 5 }, tool), { deleted: made.id })
  t.same((await searchTool.run({ query: 'hammock' }, tool)).results, [])
  await t.rejects(fetchTool.run({ id: made.id }, tool), ToolError)
  t.same((await listTool.run({}, tool)).notes, [])
})

t.test('a list goes on where its page ended, and says when nothing follows', async (t) => {
  const tool = (await toolContexts(t, {}))(ann)
  for (const text of ['one', 'two', 'three']) await writeTool.run({ text }, tool)
  const first = await tool.notes.list({ limit: 2 })
  t.equal(first.notes.length, 2)
  const rest = await tool.notes.list({ limit: 2, cursor: first.next! })
  t.equal(rest.notes.length, 1)
  t.equal(rest.next, undefined)
  t.equal((await tool.notes.list({ limit: 3 })).next, undefined)
})
