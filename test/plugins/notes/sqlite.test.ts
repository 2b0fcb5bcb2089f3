// Notes in SQLite: the contract of every store.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { openSqliteNotes } from '../../../plugins/notes/sqlite.ts'
import { folder } from '../../helpers/tool-context.ts'
import { countTurns } from '../../helpers/turns.ts'
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

t.test('notes of an earlier version of the index are all found again, a few in memory at a time', async (t) => {
  const place = await folder(t)
  const store = openSqliteNotes(place)
  const about = { title: 'Otters', version: 1, created: 0, modified: 0 }
  for (let n = 0; n < 60; n++) {
    await store.update('ann', `id${n}`, () => ({ ...about, id: `id${n}`, text: `number${n}` }))
  }
  await store.close()
  const db = new DatabaseSync(join(place, 'notes.db'))
  db.exec("PRAGMA user_version = 1; UPDATE notes SET language = 'xx'")
  db.close()
  const again = openSqliteNotes(place)
  t.teardown(() => again.close())
  for (const n of [0, 24, 25, 59]) {
    t.match(await again.search('ann', `number${n}`, 5), [{ id: `id${n}` }])
  }
  const now = new DatabaseSync(join(place, 'notes.db'), { readOnly: true })
  t.teardown(() => now.close())
  const languages = now.prepare('SELECT DISTINCT language FROM notes').all()
  t.same(languages.map(({ language }) => language), ['en'])
})

t.test('the worker searches where there is one, for a person who has notes', async (t) => {
  const asked: unknown[] = []
  const worker = { searchNotes: async (...query: unknown[]) => { asked.push(query); return [] } }
  const store = openSqliteNotes(await folder(t), worker as never)
  t.teardown(() => store.close())
  const note = { id: 'a', title: 'a', text: 'walnut', version: 1, created: 0, modified: 0 }
  await store.update('ann', 'a', () => note)
  await store.search('bob', 'walnut', 5)
  t.same(await store.search('ann', 'walnut', 5, 'app'), [])
  t.same(asked, [['walnut', 5, 'ann', 'app']])
})

t.test('long texts are cut into words and written one in a turn, however many come in one moment (TL-37)', async (t) => {
  const store = openSqliteNotes(await folder(t))
  t.teardown(() => store.close())
  const turn = countTurns(t)
  const cuts: number[] = []
  const { segment } = Intl.Segmenter.prototype
  Intl.Segmenter.prototype.segment = function (...args) {
    cuts.push(turn())
    return segment.apply(this, args)
  }
  t.teardown(() => { Intl.Segmenter.prototype.segment = segment })
  const about = { title: 'Meetings', version: 1, created: 0, modified: 0 }
  const writes = await Promise.all(['a', 'b', 'c'].map(async (id) => {
    let decided = -1
    await store.update('ann', id, () => {
      decided = turn()
      return { ...about, id, text: '日本語の会議 '.repeat(1_000) }
    })
    return decided
  }))
  t.equal(cuts.length, 3, 'each is cut once')
  t.equal(new Set([...cuts, ...writes]).size, 6, `cut in turns ${cuts}, written in ${writes}`)
  t.match(await store.search('ann', '会議', 5), [{}, {}, {}])
  await store.update('ann', 'a', () => ({ ...about, id: 'a', text: '短い会議' }))
  t.match(await store.find('ann', 'a'), { text: '短い会議' })
})

t.test('shorter ones are written one in a turn as well (TL-47)', async (t) => {
  const store = openSqliteNotes(await folder(t))
  t.teardown(() => store.close())
  const turn = countTurns(t)
  const writes = await Promise.all(['ann', 'bob', 'cy'].map(async (owner) => {
    let decided = -1
    await store.update(owner, 'a', () => {
      decided = turn()
      return { id: 'a', title: 'Meetings', version: 1, created: 0, modified: 0, text: '日本語の会議 '.repeat(600) }
    })
    return decided
  }))
  t.equal(new Set(writes).size, 3, `written in ${writes}`)
})

t.test('changes of one long note that come in one moment are cut once each, none where another is written (TL-46)', async (t) => {
  const store = openSqliteNotes(await folder(t))
  t.teardown(() => store.close())
  const about = { id: 'a', title: 'Meetings', version: 1, created: 0, modified: 0 }
  await store.update('ann', 'a', () => ({ ...about, text: '日本語の会議 '.repeat(1_000) }))
  let cuts = 0
  const { segment } = Intl.Segmenter.prototype
  Intl.Segmenter.prototype.segment = function (...args) {
    cuts++
    return segment.apply(this, args)
  }
  t.teardown(() => { Intl.Segmenter.prototype.segment = segment })
  const append = (word: string) => store.update('ann', 'a', (known) => ({ ...about, text: known!.text + word }))
  await Promise.all(['胡桃', '榛', '栗'].map(append))
  t.equal(cuts, 3)
  t.ok((await store.find('ann', 'a'))?.text.endsWith('胡桃榛栗'))
})

t.test('what is written is what the step says then, also where it said something else when its words were cut (TL-37)', async (t) => {
  const store = openSqliteNotes(await folder(t))
  t.teardown(() => store.close())
  const about = { id: 'a', title: 'a', version: 1, created: 0, modified: 0 }
  const texts = ['walnut ', 'hazel '].map((word) => word.repeat(1_000))
  await store.update('ann', 'a', () => ({ ...about, text: texts.shift()! }))
  t.same(await store.search('ann', 'walnut', 5), [])
  t.match(await store.search('ann', 'hazel', 5), [{ id: 'a' }])
})

t.test('the notes of somebody who is deleted are removed some at a time (TL-38)', async (t) => {
  const store = openSqliteNotes(await folder(t))
  t.teardown(() => store.close())
  for (const owner of ['ann', 'bob']) {
    for (let n = 0; n < 60; n++) {
      await store.update(owner, `${n}`, () => ({ id: `${n}`, title: 'a', text: 'walnut', version: 1, created: 0, modified: 0 }))
    }
  }
  const turn = countTurns(t)
  const began = turn()
  t.equal(await store.removeAll('ann'), 60)
  t.ok(turn() >= began + 2, 'others are served in between')
  t.same([await store.count('ann'), await store.count('bob')], [0, 60])
  t.same(await store.search('ann', 'walnut', 5), [])
  t.equal(await store.removeAll('ann'), 0)
})
