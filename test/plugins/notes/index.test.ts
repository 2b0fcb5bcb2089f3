// Notes: the store's contract, the rules for versions and room, and two people side by side who never see anything of
// each other.
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import t from 'tap'
import { openHome } from '../../../plugins/notes/single-home.ts'
import { MAX_TEXT_LENGTH, MAX_NOTES } from '../../../plugins/notes/size-limits.ts'
import { openPostgresNotes } from '../../../plugins/notes/postgres.ts'
import { openSqliteNotes } from '../../../plugins/notes/sqlite.ts'
import { connectPostgres } from '../../../plugins/postgres.ts'
import { openSqliteStorage } from '../../../plugins/storage/sqlite/index.ts'
import { monotonicClock } from '../../../clock.ts'
import { ToolError, type ToolContext } from '../../../authoring/tool.ts'
import deleteTool from '../../../tools/delete-note.ts'
import fetchTool from '../../../tools/fetch.ts'
import listTool from '../../../tools/list-notes.ts'
import searchTool from '../../../tools/search.ts'
import updateTool from '../../../tools/update-note.ts'
import writeTool from '../../../tools/write.ts'
import { noPostgres, startPostgres } from '../../helpers/postgres.ts'
import { folder, openHouse, toolContexts } from '../../helpers/tool-context.ts'
import { noteStoreContract } from './note-store-contract.ts'

t.test('notes in SQLite', async (t) => {
  const places = new WeakMap<object, string>()
  const openIn = (place: string) => {
    const store = openSqliteNotes(place)
    places.set(store, place)
    return store
  }
  await noteStoreContract(t, {
    open: async () => openIn(await folder(t)),
    async reopen (store) {
      await store.close()
      return openIn(places.get(store)!)
    },
    second: async (store) => openIn(places.get(store)!)
  })
})

const server = await startPostgres()
t.teardown(() => server?.stop())

t.test('notes in Postgres', { skip: server ? false : noPostgres }, async (t) => {
  const places = new WeakMap<object, string>()
  const openIn = async (url: string) => {
    const postgres = await connectPostgres(url, { warn () {} })
    let open = true
    const store = Object.assign(await openPostgresNotes(postgres), {
      close: async () => {
        if (open) await postgres.close()
        open = false
      }
    })
    places.set(store, url)
    return store
  }
  await noteStoreContract(t, {
    open: async () => openIn(await server!.newDatabase()),
    async reopen (store) {
      await store.close()
      return openIn(places.get(store)!)
    },
    second: (store) => openIn(places.get(store)!)
  })
})

const ann = { id: 'ann' }
const bob = { id: 'bob' }

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

t.test('a note and a person have a largest size, and what is over it changes nothing', async (t) => {
  const place = await folder(t)
  const docs = await folder(t)
  const { app } = await openHouse(t, docs, { dataDir: place })
  const notes = app.notes.of(ann)
  const { id } = await notes.create({ text: 'x'.repeat(MAX_TEXT_LENGTH - 5) })
  await t.rejects(notes.append(id, 'more than fits'), { code: 'full', message: /holds up to 40,000 characters/ })
  t.equal((await notes.find(id))?.version, 1)
  await t.rejects(notes.create({ text: 'x'.repeat(MAX_TEXT_LENGTH + 1) }), { code: 'full' })

  const db = new DatabaseSync(join(place, 'notes.db'))
  const fill = db.prepare(
    "INSERT INTO notes (owner, id, version, created, modified, characters, title, text) VALUES (?, ?, 1, 1, 1, ?, 't', 'x')"
  )
  for (let index = 1; index < MAX_NOTES; index++) fill.run('ann', `filler${index}`, 2)
  fill.run('bob', 'big', 4_999_990)
  db.close()
  await t.rejects(notes.create({ text: 'one too many' }), { code: 'full', message: /1,000 notes.*write.*delete/ })
  t.equal((await notes.append(id, 'ok')).version, 2, 'those there are may still be changed')
  await t.rejects(app.notes.of(bob).create({ text: 'does not fit any more' }), {
    code: 'full',
    message: /5,000,000 characters/
  })
  await t.resolves(app.notes.of({ id: 'cy' }).create({ text: 'others are not concerned' }))
})

t.test('titles: the one given, else the first line with words; one line, never cut through a character', async (t) => {
  const notes = (await toolContexts(t, {}))(ann).notes
  const title = async (text: string, title?: string) => (await notes.create({ text, title })).title
  t.equal(await title('\n\n## Heading ##\nmore'), 'Heading ##')
  t.equal(await title('- first item\n- second'), 'first item')
  t.equal(await title('text', '  Two\nlines '), 'Two')
  t.equal(await title('\n \n'), 'Untitled')
  t.equal(await title('🙂'.repeat(100)), `${'🙂'.repeat(39)}\ufffd…`)
  t.equal((await notes.create({ text: 'a\0b\ud800c' })).text, 'ab\ufffdc', 'what no storage can hold is taken out')
})

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
  t.same(await app.library.of(ann).search('text'), [])
  t.equal((await exported('bob')).length, 1)
})

t.test('instances that share sign-ins do not each keep notes of their own', async (t) => {
  const storage = openSqliteStorage(await folder(t), monotonicClock)
  t.teardown(() => storage.close())
  const homes = storage.collection<{ identity: string }>('notes-home')
  const [first, second] = [await openHome(homes, 'one'), await openHome(homes, 'two')]
  await first()
  await first()
  await t.rejects(
    second(),
    { code: 'full', message: /set DATABASE_URL/ },
    'an instance that was there before the first note'
  )
  await t.rejects(
    openHome(homes, 'two'),
    { message: /another DATA_DIR.*DATABASE_URL/ },
    'an instance that comes later does not start'
  )
  await t.resolves((await openHome(homes, 'one'))())
})

/** Deterministic, so that a failure can be seen again. */
function dice (seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state % sides
  }
}

t.test('WB-12: whatever two people do, no answer and no error of one holds anything of the other', async (t) => {
  const contexts = await toolContexts(t, { 'shared.md': 'the shared walnut' })
  const people = [ann, bob].map((user) => ({
    user,
    secret: `secret${randomBytes(8).toString('hex')}`,
    ids: [] as string[],
    tool: contexts(user)
  }))
  const seed = randomBytes(4).readUInt32LE()
  t.comment(`seed ${seed}`)
  const roll = dice(seed)
  const pick = <T>(items: T[]): T | undefined => items[roll(items.length || 1)]

  for (let step = 0; step < 400; step++) {
    const me = people[roll(2)]!
    const other = people.find((person) => person !== me)!
    const id = pick([...me.ids, ...other.ids]) ?? 'note:none'
    const version = 1 + roll(3)
    const words = [other.secret, me.secret, 'secret*', `"${other.secret}"`, 'about', id, 'owner:bob', 'walnut'][
      roll(8)
    ]!
    const actions: Array<() => Promise<unknown>> = [
      async () => {
        me.ids.push((await writeTool.run({ text: `about ${me.secret}`, title: `mine ${me.secret}` }, me.tool)).id)
      },
      () => writeTool.run({ id, text: `more of ${me.secret}` }, me.tool),
      () => updateTool.run({ id, version, text: `changed ${me.secret}` }, me.tool),
      () => deleteTool.run({ id, version }, me.tool),
      () => fetchTool.run({ id }, me.tool),
      () => fetchTool.run({ id: `${id}#part=${version}` }, me.tool),
      () => searchTool.run({ query: words }, me.tool),
      () => listTool.run({ limit: 1 + roll(5) }, me.tool),
      async () => {
        // A cursor of the other's is only a place in time.
        const { next } = await listTool.run({ limit: 1 }, other.tool)
        return listTool.run({ ...(next && { cursor: next }) }, me.tool)
      },
      () => me.tool.library.search(words)
    ]
    const answer = await actions[roll(actions.length)]!().catch((error: Error) => ({ refused: error.message }))
    const said = JSON.stringify(answer ?? null).replaceAll(words, '')
    if (said.includes(other.secret)) t.fail(`step ${step} of seed ${seed}: ${said}`)
  }
  for (const { tool, ids, secret } of people) {
    const { notes } = await listTool.run({ limit: 50 }, tool)
    t.ok(
      notes.every((note) => ids.includes(note.id) && note.title.includes(secret)),
      'and each still has only their own'
    )
  }
  const refusal = (run: Promise<unknown>) =>
    run.then(
      () => t.fail('must refuse'),
      ({ message }: Error) => message
    )
  const theirs = (await writeTool.run({ text: 'x' }, people[1]!.tool)).id
  const none = 'note:AAAAAAAAAAAAAAAA'
  for (const ask of [
    (id: string, tool: ToolContext) => fetchTool.run({ id }, tool),
    (id: string, tool: ToolContext) => updateTool.run({ id, version: 1, text: 'y' }, tool),
    (id: string, tool: ToolContext) => deleteTool.run({ id, version: 1 }, tool)
  ]) {
    t.equal(
      ((await refusal(ask(theirs, people[0]!.tool))) as string).replace(theirs, 'ID'),
      ((await refusal(ask(none, people[0]!.tool))) as string).replace(none, 'ID'),
      'a note of another cannot be told from none'
    )
  }
})

t.test('TL-03, TL-05, TL-06: hostile arguments are refused or are only text', async (t) => {
  const tool = (await toolContexts(t, { 'a.md': 'walnut' }))(ann)
  const tools = [writeTool, updateTool, deleteTool, listTool]
  for (const value of [null, 0, true, [], {}, '', 'x'.repeat(50_000), Number.NaN]) {
    for (const { input, name } of tools) {
      for (const field of ['text', 'title', 'id', 'cursor']) {
        t.notOk(
          input.safeParse({ text: 'x', id: 'note:x', version: 1, [field]: value }).success,
          `${name} ${field} ${JSON.stringify(value)?.slice(0, 20)}`
        )
      }
    }
  }
  for (const version of [0, -1, 1.5, '1', null, Infinity]) { t.notOk(updateTool.input.safeParse({ id: 'note:x', text: 'x', version }).success) }
  t.notOk(updateTool.input.safeParse({ id: 'note:x', version: 1 }).success, 'nothing to change')
  t.notOk(
    writeTool.input.safeParse({ id: 'note:x', text: 'x', title: 'y' }).success,
    'a title is not changed by adding'
  )
  const odd = [
    '\0',
    '\ud800',
    "'; DROP TABLE notes; --",
    '" OR 1=1 --',
    '../../etc/passwd',
    '/etc/passwd',
    'note:',
    'note:../x',
    'note:\0',
    '__proto__',
    'note:__proto__',
    '%',
    '*',
    'http://127.0.0.1:1/',
    '#{process.env}'
  ]
  for (const value of odd) {
    const label = JSON.stringify(value)
    await t.rejects(
      updateTool.run({ id: value, version: 1, text: 'x' }, tool),
      { name: 'ToolError', code: 'not_found' },
      label
    )
    await t.rejects(deleteTool.run({ id: value, version: 1 }, tool), { name: 'ToolError', code: 'not_found' }, label)
    await t.rejects(writeTool.run({ id: value, text: 'x' }, tool), { name: 'ToolError', code: 'not_found' }, label)
    await t.rejects(fetchTool.run({ id: value }, tool), ToolError, label)
    const { id } = await writeTool.run({ text: value, title: value }, tool)
    t.equal((await fetchTool.run({ id }, tool)).text, value.replace('\0', '').replace('\ud800', '\ufffd'), label)
  }
})
