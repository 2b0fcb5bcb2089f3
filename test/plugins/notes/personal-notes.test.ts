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

t.test('a change to a note that was changed meanwhile is refused whole, and says how to go on', async (t) => {
  const contexts = await toolContexts(t, {})
  const [one, other] = [contexts(ann), contexts(ann)]
  const { id } = await writeTool.run({ text: 'first' }, one)
  await updateTool.run({ id, version: 1, text: 'from the other conversation' }, other)
  const attempts: Array<() => Promise<unknown>> = [
    () => updateTool.run({ id, version: 1, text: 'lost update' }, one),
    () => deleteTool.run({ id, version: 1 }, one)
  ]
  for (const attempt of attempts) {
    await t.rejects(attempt(), {
      name: 'ToolError',
      code: 'conflict',
      message: new RegExp(`now at version 2.*nothing was changed.*fetch with the id "${id}".*version 2`)
    })
  }
  t.match(await fetchTool.run({ id }, one), { text: 'from the other conversation', metadata: { version: '2' } })
  const racing = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => updateTool.run({ id, version: 2, text: `racer ${index}` }, contexts(ann)))
  )
  t.equal(
    racing.filter(({ status }) => status === 'fulfilled').length,
    1,
    'of twenty who read the same version one wins'
  )
})

t.test('lists newest change first, in pages, with a beginning instead of the whole text', async (t) => {
  const tool = (await toolContexts(t, {}))(ann)
  const ids: string[] = []
  for (let index = 0; index < 5; index++) { ids.push((await writeTool.run({ title: `Note ${index}`, text: '🙂'.repeat(150 + index) }, tool)).id) }
  await writeTool.run({ id: ids[1]!, text: 'newest' }, tool)
  const first = await listTool.run({ limit: 2 }, tool)
  t.same(
    first.notes.map(({ id }) => id),
    [ids[1], ids[4]]
  )
  t.ok(first.notes.every(({ beginning }) => beginning.length <= 201 && beginning.isWellFormed()))
  const second = await listTool.run({ limit: 2, cursor: first.next }, tool)
  const third = await listTool.run({ limit: 2, cursor: second.next }, tool)
  t.same(
    [...second.notes, ...third.notes].map(({ id }) => id),
    [ids[3], ids[2], ids[0]]
  )
  t.equal(third.next, undefined)
  for (const cursor of [
    'x',
    'bm8',
    Buffer.from('[1,"a\\u0000"]').toString('base64url'),
    Buffer.from('{"__proto__":1}').toString('base64url')
  ]) {
    await t.rejects(listTool.run({ cursor }, tool), { name: 'ToolError', code: 'invalid' }, cursor)
  }
})
