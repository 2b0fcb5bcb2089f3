// A long document is indexed in slices, and how far the indexing has come can be read.
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { ALL_RIGHTS } from '../../../plugins/access-rules/contract.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { PART_BYTES, splitText } from '../../../plugins/library/parts.ts'
import { fill, folder, openHouse } from '../../helpers/tool-context.ts'

t.test(
  'a long document is written in slices between which others are served, and one that was interrupted is read again',
  async (t) => {
    const docs = await folder(t)
    await fill(docs, {
      'long.txt': `${'walnut and hazelnut in a long line of text\n'.repeat(110_000)}`,
      'page.html': `<title>Page</title>${'<p>cashew</p>'.repeat(20_000)}`
    })
    const { app, dataDir } = await openHouse(t, docs)
    let turns = 0
    const read = app.library.ready.then(() => true)
    while (!(await Promise.race([read, setTimeout(1)]))) turns++
    t.ok(turns > 5, `${turns} turns of others`)
    t.match(await app.library.find('page.html'), { title: 'Page' })
    const whole = (await app.library.find('long.txt'))!.text.length
    await app.close()

    const db = new DatabaseSync(join(dataDir, 'library.db'))
    db.exec("DELETE FROM documents WHERE id = 'long.txt' AND part = 1")
    db.close()
    const store = openSqliteDocuments(dataDir)
    t.same([...(await store.list()).keys()], ['page.html'])
    t.same(await store.search('walnut', 5, ALL_RIGHTS.documents), [], 'nothing is left of it')
    await store.close()
    const again = await openHouse(t, docs, { dataDir })
    await again.app.library.ready
    t.equal((await again.app.library.find('long.txt'))?.text.length, whole)
  }
)

t.test('a slice has one long part, also where it ends with a line before it is full (LB-40)', async (t) => {
  const store = openSqliteDocuments(await folder(t))
  t.teardown(() => store.close())
  const text = 'walnut and hazelnut in a long line of text\n'.repeat(8_000)
  const parts = splitText(text)
  t.ok(parts.length > 5 && parts.every((part) => part.length < PART_BYTES))
  let turns = 0
  let next = setImmediate(function count () {
    turns++
    next = setImmediate(count)
  })
  t.teardown(() => clearImmediate(next))
  await store.put([{ id: 'long.txt', title: 'Long', text, type: 'text/plain', modified: 1, bytes: text.length }])
  t.ok(turns >= parts.length - 1, `${turns} turns for ${parts.length} parts`)
  t.equal((await store.find('long.txt'))?.text, text)
})

t.test('how far the first look has come can be asked', async (t) => {
  const docs = await folder(t)
  await fill(
    docs,
    Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`${index}.md`, 'walnut '.repeat(300)]))
  )
  const { app } = await openHouse(t, docs)
  const seen: Array<{ done: number; total: number }> = []
  const read = app.library.ready.then(() => true)
  while (!(await Promise.race([read, setTimeout(1)]))) {
    const now = app.library.progress()
    if (now) seen.push({ ...now })
  }
  t.ok(
    seen.some(({ done, total }) => total === 400 && done > 0 && done < 400),
    JSON.stringify(seen.at(-1))
  )
  t.ok(seen.every(({ done }, index) => index === 0 || done >= seen[index - 1]!.done))
  t.equal(app.library.progress(), undefined)
})

t.test('many documents are listed and removed in slices (LB-23)', async (t) => {
  const place = await folder(t)
  await openSqliteDocuments(place).close()
  const db = new DatabaseSync(join(place, 'library.db'))
  db.exec(`
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 12000)
    INSERT INTO documents (id, part, parts, title, type, modified, bytes, audience, language, text)
    SELECT n || '.md', 1 + n % 2, 2, 'a', 'text/plain', n, 1, 0, 'en', 'a' FROM numbers
  `)
  db.close()
  const store = openSqliteDocuments(place)
  t.teardown(() => store.close())
  const turnsOf = async <R>(work: Promise<R>): Promise<[R, number]> => {
    let turns = 0
    let isDone = false
    const count = () => {
      turns++
      if (!isDone) setImmediate(count)
    }
    setImmediate(count)
    const done = await work
    isDone = true
    return [done, turns]
  }
  const [listed, turns] = await turnsOf(store.list())
  t.equal(listed.size, 6_000)
  t.same(listed.get('12000.md'), { modified: 12_000, bytes: 1 })
  t.ok(turns >= 2, `${turns} turns`)
  const [, turnsOfRemoval] = await turnsOf(store.remove([...listed.keys()].slice(0, 1_000)))
  t.equal(await store.count(), 5_000)
  t.ok(turnsOfRemoval >= 9, `${turnsOfRemoval} turns`)
})
