// What every store of notes must do. A store's own test calls this and adds what is special to it.
import type { Test } from 'tap'
import type { Note, NoteStore } from '../../../plugins/notes/contract.ts'

export interface StoreUnderTest {
  /** An empty store of its own. */
  open(): Promise<NoteStore>
  /** Closes the store and opens the same one again, as a restart does. */
  reopen(store: NoteStore): Promise<NoteStore>
  /** The same notes through a connection of its own, as another process has them. */
  second(store: NoteStore): Promise<NoteStore>
}

const MADE = 1_700_000_000_000.25
const note = (id: string, text: string, more: Partial<Note> = {}): Note =>
  ({ id, title: id, text, version: 1, created: MADE, modified: MADE, ...more })

export async function noteStoreContract (t: Test, under: StoreUnderTest): Promise<void> {
  const opened = async (t: Test, notes: Record<string, Note[]> = {}): Promise<NoteStore> => {
    const store = await under.open()
    t.teardown(() => store.close())
    for (const [owner, list] of Object.entries(notes)) for (const note of list) await store.update(owner, note.id, () => note)
    return store
  }
  const ids = async (store: NoteStore, owner: string, query: string) =>
    (await store.search(owner, query, 10)).map(({ id }) => id).sort()

  t.test('keeps notes as they are, also over a restart', async (t) => {
    const odd = note('o_-1', 'Ünïcode 🙂 text\r\n\twith\u200b everything, 日本語 too\n', {
      title: "O'Reilly <b>",
      version: 7,
      modified: 1_800_000_000_000.5
    })
    let store = await opened(t, { ann: [odd] })
    t.same(await store.find('ann', odd.id), odd)
    store = await under.reopen(store)
    t.teardown(() => store.close())
    t.same(await store.find('ann', odd.id), odd)
    t.same(await store.list('ann', 10), [odd])
    t.same(await ids(store, 'ann', 'everything'), [odd.id])
    t.equal(await store.find('ann', 'o'), undefined)
  })

  t.test('a step sees the note and what there is, and may write, delete, or refuse', async (t) => {
    const store = await opened(t, { ann: [note('a', 'walnut')], bob: [note('b', 'walnut '.repeat(10))] })
    const seen: unknown[] = []
    await store.update('ann', 'a', (known, usage) => {
      seen.push(known, { ...usage })
      return { ...known!, text: 'hazelnut', version: 2 }
    })
    t.match(seen, [note('a', 'walnut'), { notes: 1, characters: 'a'.length + 'walnut'.length }])
    const { fill } = seen[1] as { fill: number }
    t.ok(fill > 0 && fill < 1, `${fill} of the room is used`)
    t.same(await ids(store, 'ann', 'walnut'), [], 'what it said before is found no more')
    t.same(await ids(store, 'ann', 'hazelnut'), ['a'])
    const refusal = new Error('no')
    await t.rejects(
      store.update('ann', 'a', () => {
        throw refusal
      }),
      refusal
    )
    await t.rejects(
      store.update('ann', 'new', () => {
        throw refusal
      }),
      refusal
    )
    t.same(await store.list('ann', 10), [note('a', 'hazelnut', { version: 2 })])
    await store.update('ann', 'a', () => null)
    await store.update('ann', 'never-there', (known) => {
      t.equal(known, undefined)
      return null
    })
    t.same(await store.list('ann', 10), [])
    t.same(await ids(store, 'ann', 'hazelnut'), [])
  })

  t.test('a write that is refused last is not made (MW-03)', async (t) => {
    const store = await opened(t, { ann: [note('a', 'walnut')] })
    const refuse = () => Promise.reject(new Error('no longer'))
    await t.rejects(store.update('ann', 'a', () => note('a', 'hazelnut'), 'ann', refuse), { message: 'no longer' })
    t.same(await store.listById('ann', 10), [note('a', 'walnut')])
  })

  t.test('walks over all notes by id: what changes meanwhile is neither missed nor repeated', async (t) => {
    const store = await opened(t, { ann: ['b', 'A', '-c', 'z'].map((id) => note(id, 'text')), bob: [note('bb', 'text')] })
    const first = await store.listById('ann', 2)
    t.same(
      first.map(({ id }) => id),
      ['-c', 'A']
    )
    await store.update('ann', 'b', (known) => ({ ...known!, text: 'changed', modified: 1_800_000_000_000 }))
    t.match(await store.listById('ann', 5, first[1]!.id), [{ id: 'b', text: 'changed' }, { id: 'z' }])
    t.same(await store.listById('ann', 5, 'z'), [])
  })

  t.test('lists the one changed last first, page by page, equal times too', async (t) => {
    const notes = Array.from({ length: 9 }, (_, index) =>
      note(`n${index}`, 'text', { modified: 1_700_000_000_000 + Math.floor(index / 3) })
    )
    const store = await opened(t, { ann: notes, bob: [note('other', 'text', { modified: 1_700_000_000_001 })] })
    const pages: string[][] = []
    for (let page = await store.list('ann', 2); page.length > 0; page = await store.list('ann', 2, page.at(-1))) {
      pages.push(page.map(({ id }) => id))
    }
    t.same(pages, [['n8', 'n7'], ['n6', 'n5'], ['n4', 'n3'], ['n2', 'n1'], ['n0']])
  })

  t.test(
    'what was typed is found where an id begins so or a title holds it, however many notes there are (BW-05)',
    async (t) => {
      const many = Array.from({ length: 300 }, (_, index) =>
        note(`n${String(index).padStart(3, '0')}`, 'long '.repeat(1_000), { title: `Report ${index}` })
      )
      const store = await opened(t, {
        ann: [
          ...many,
          note('x1', 'text', { title: 'Harbour plan' }),
          note('harbor', 'text', { title: 'Überfahrt' }),
          note('_%', 'text', { title: '100% sure_' })
        ],
        bob: [note('hbob', 'text', { title: 'Harbour of Bob' })]
      })
      const complete = (typed: string, limit = 100) => store.complete('ann', typed, limit)
      t.same(await complete('harb'), ['harbor', 'x1'], 'the id first, then the title')
      t.same(await complete('HARBOUR P'), ['x1'])
      t.same(await complete('Über'), ['harbor'])
      t.same(await complete('_'), ['_%'], 'nothing is a pattern')
      t.same(await complete('%'), ['_%'])
      t.same(await complete('a%e'), [])
      t.same(await complete('100%'), ['_%'])
      t.same(await complete('our'), ['x1'], 'in the middle of a title, and of no id')
      t.same(await complete('arb'), ['x1'])
      t.same(
        await complete('n00'),
        Array.from({ length: 10 }, (_, index) => `n00${index}`)
      )
      t.equal((await complete('', 100)).length, 100)
      t.same((await complete('report', 7)).length, 7)
      t.same((await complete('n', 500)).slice(299), ['n299', 'x1'], 'ids before titles')
      t.same(await complete('\u{10ffff}'), [])
    }
  )

  t.test('the same id under two owners is two notes, and nobody reaches another owner (WB-12)', async (t) => {
    const store = await opened(t, {
      ann: [note('same', 'the walnut of Ann')],
      bob: [note('same', 'the hazelnut of Bob')],
      'ann" OR owner:"bob': [note('x', 'macadamia')]
    })
    t.equal((await store.find('ann', 'same'))?.text, 'the walnut of Ann')
    t.equal((await store.find('bob', 'same'))?.text, 'the hazelnut of Bob')
    for (const query of [
      'hazelnut',
      'bob',
      '"hazelnut"',
      'haze*',
      'owner:bob',
      'the',
      'owner : "bob"',
      '" OR owner:bob OR "',
      'hazelnut walnut'
    ]) {
      const found = await store.search('ann', query, 10)
      t.ok(
        found.every(({ snippet }) => snippet === 'the walnut of Ann'),
        query
      )
    }
    await store.update('ann', 'same', () => null)
    t.equal((await store.find('bob', 'same'))?.text, 'the hazelnut of Bob')
    t.same(await ids(store, 'bob', 'hazelnut'), ['same'])
    t.equal(await store.removeAll('ann'), 0)
    t.equal(await store.removeAll('ann" OR owner:"bob'), 1)
    t.equal((await store.list('bob', 10)).length, 1)
    t.equal(await store.removeAll('bob'), 1)
    t.same(await ids(store, 'bob', 'hazelnut'), [])
    t.equal(await store.find('bob', 'same'), undefined)
  })

  t.test('finds by words, phrases, beginnings, and words of languages without spaces', async (t) => {
    const store = await opened(t, {
      ann: [
        note('a', 'The meeting is on Tuesday in Porto', { title: 'Offsite' }),
        note('b', 'Tuesday meeting notes: buy a bread knife'),
        note('c', '火曜日の会議は東京で行います')
      ]
    })
    t.same(await ids(store, 'ann', 'When do we meet?'), ['a', 'b'])
    t.same(await ids(store, 'ann', '"tuesday meeting"'), ['b'])
    t.same(await ids(store, 'ann', 'off*'), ['a'])
    t.same(await ids(store, 'ann', '東京の会議'), ['c'])
    t.same(await ids(store, 'ann', '  '), [])
    t.match((await store.search('ann', 'porto', 1))[0], {
      title: 'Offsite',
      snippet: 'The meeting is on Tuesday in Porto'
    })
    t.equal((await store.search('ann', 'meeting', 1)).length, 1)
  })

  t.test('of many writers at once, also of two processes, none is lost', async (t) => {
    const store = await opened(t, { ann: [note('a', '')] })
    const other = await under.second(store)
    t.teardown(() => other.close())
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 ? store : other).update('ann', 'a', (known) => ({
          ...known!,
          version: known!.version + 1,
          text: `${known!.text}${index};`
        }))
      )
    )
    const after = await store.find('ann', 'a')
    t.equal(after?.version, 41)
    t.same(
      after?.text
        .split(';')
        .filter(Boolean)
        .map(Number)
        .sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, index) => index)
    )
    const counted: number[] = []
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? store : other).update('cy', `n${index}`, (_known, usage) => {
          counted.push(usage.notes)
          return note(`n${index}`, 'x')
        })
      )
    )
    t.same(
      counted.slice(-20).sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index),
      'each step counts those before it'
    )
  })

  t.test('may be closed twice', async (t) => {
    const store = await under.open()
    await store.close()
    await t.resolves(store.close())
  })
}
