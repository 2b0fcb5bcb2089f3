// The notes of one person, as tools use them: written, found, listed, changed and deleted, with versions.
import t from 'tap'
import { ToolError } from '../../../authoring/tool.ts'
import type { Note } from '../../../plugins/notes/contract.ts'
import { createPersonalNotes, type PersonalNotes } from '../../../plugins/notes/personal-notes.ts'
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
  t.equal(
    (await fetchTool.run({ id: made.id }, tool)).text,
    '# Packing list\n\nTake the blue tent.\nAnd the red lamp.'
  )
  t.same(
    (await searchTool.run({ query: '"red lamp"' }, tool)).results.map(({ id }) => id),
    [made.id]
  )

  const changed = await updateTool.run({ id: made.id, version: 2, text: 'Only the green hammock.' }, tool)
  t.match(changed, { version: 3, title: 'Packing list' })
  t.same((await searchTool.run({ query: 'tent' }, tool)).results, [])
  t.match(
    await updateTool.run({ id: made.id, version: 3, title: 'Hammock' }, tool),
    { version: 4, title: 'Hammock' }
  )
  t.equal((await fetchTool.run({ id: made.id }, tool)).text, 'Only the green hammock.')

  const edited = await updateTool.run({ id: made.id, version: 4, old_text: 'green', new_text: 'yellow' }, tool)
  t.match(edited, { version: 5, title: 'Hammock' })
  t.equal((await fetchTool.run({ id: made.id }, tool)).text, 'Only the yellow hammock.')
  await t.rejects(
    updateTool.run({ id: made.id, version: 5, old_text: 'green', new_text: 'x' }, tool),
    { code: 'invalid' }
  )
  for (const args of [{}, { old_text: 'x' }, { new_text: 'x' }, { text: 'x', old_text: 'x', new_text: 'y' }]) {
    t.notOk(updateTool.input.safeParse({ id: made.id, version: 5, ...args }).success, JSON.stringify(args))
  }
  t.match(
    (await listTool.run({ query: 'yellow' }, tool)).notes,
    [{ id: made.id, version: 5, beginning: /yellow hammock/ }]
  )
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

/** Notes over a store that only says what it was asked. */
function asked (known?: Note, now = 1_000) {
  const calls: Array<[method: string, owner: string, ...rest: unknown[]]> = []
  let written: Note | null | undefined
  const answer = (method: string, found: unknown) => async (...rest: unknown[]) => {
    calls.push([method, ...rest] as typeof calls[number])
    return found
  }
  const store = {
    find: answer('find', known),
    list: answer('list', Array(200).fill(known)),
    complete: answer('complete', ['a']),
    search: answer('search', []),
    count: answer('count', 0),
    async update (owner: string, id: string, decide: (known: Note | undefined, usage: object) => Note | null) {
      calls.push(['update', owner, id])
      written = decide(known, { notes: 0, characters: 0, fill: 0 })
    }
  }
  const deps = { store, checkHome: async () => {}, changed () {}, now: () => now, noteUrl: (id: string) => id }
  const of = (user: string | null) => createPersonalNotes(user, deps as never)
  return { calls, of, written: () => written }
}

const note = { id: 'a', title: 'A', text: 'text', version: 3, created: 10, modified: 2_000 }

t.test('a page has 50 notes at most and one at least, a completion 100 of 200 characters typed', async (t) => {
  const { calls, of } = asked(note)
  const notes = of('ann')
  for (const [limit, page] of [[undefined, 20],
    [-1, 1],
    [0, 1],
    [1, 1],
    [49, 49],
    [50, 50],
    [51, 50],
    [1e9, 50]] as const) {
    t.equal(
      (await notes.list(limit === undefined ? {} : { limit })).notes.length,
      page,
      `${limit}`
    )
    t.equal(
      calls.at(-1)![2],
      page + 1,
      'and one more shows whether there is a next page'
    )
  }
  for (const [typed, limit, characters, most] of [
    [0, undefined, 0, 100],
    [200, 99, 200, 99],
    [201, 100, 200, 100],
    [1e6, 101, 200, 100],
    [1, 0, 1, 1]
  ] as const) {
    await notes.complete('x'.repeat(typed), limit)
    t.same([(calls.at(-1)![2] as string).length, calls.at(-1)![3]],
      [characters, most], `${typed}, ${limit}`)
  }
})

t.test('a note that is changed is never older than before, and keeps when it was made, whatever the clock says', async (t) => {
  for (const [now, modified] of [[1_000, 2_000],
    [2_000, 2_000],
    [3_000, 3_000]] as const) {
    for (const change of [
      (notes: PersonalNotes) => notes.append('note:a', 'more'),
      (notes: PersonalNotes) => notes.update('note:a', 3, { title: 'B' })
    ]) {
      const { of, written } = asked(note, now)
      await change(of('ann'))
      t.match(written(), { version: 4, created: 10, modified })
    }
  }
  const { of, written } = asked(undefined, 1_000)
  await of('ann').create({ text: 'new' })
  t.match(written(), { version: 1, created: 1_000, modified: 1_000 })
})

t.test('every way to the store is to the notes of the one person, or of nobody where nobody signs in', async (t) => {
  const ways: Record<string, (notes: PersonalNotes) => Promise<unknown>> = {
    find: (notes) => notes.find('note:a'),
    list: (notes) => notes.list(),
    complete: (notes) => notes.complete('a'),
    search: (notes) => notes.search('a', 1),
    count: (notes) => notes.count(),
    create: (notes) => notes.create({ text: 'a' }),
    append: (notes) => notes.append('note:a', 'b'),
    update: (notes) => notes.update('note:a', 3, { text: 'b' }),
    delete: (notes) => notes.delete('note:a', 3)
  }
  for (const [user, owner] of [['ann', 'ann'], [null, '-']] as const) {
    const { calls, of } = asked(note)
    t.same(Object.keys(of(user)).sort(), Object.keys(ways).sort())
    for (const [name, way] of Object.entries(ways)) {
      await way(of(user))
      t.equal(calls.at(-1)![1], owner, name)
    }
  }
  const { calls, of } = asked(note)
  for (const id of ['a', 'doc:a', 'note:a\0', 'NOTE:a', '']) {
    t.equal(await of('ann').find(id), undefined, JSON.stringify(id))
  }
  t.same(calls, [], 'what is no id of a note is not looked for')
})
