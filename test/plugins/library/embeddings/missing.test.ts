// What has no vector yet is found however much has one, and others have their turns meanwhile.
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { createMissing } from '../../../../plugins/library/embeddings/missing.ts'

t.test('parts without a vector are looked for in slices (LB-24)', async (t) => {
  const db = new DatabaseSync(':memory:')
  t.teardown(() => db.close())
  db.exec(`
    CREATE TABLE documents (key INTEGER PRIMARY KEY, title TEXT, text TEXT);
    CREATE TABLE vectors (key INTEGER PRIMARY KEY, vector BLOB);
    WITH RECURSIVE n (key) AS (SELECT 1 UNION ALL SELECT key + 1 FROM n WHERE key < 5000)
    INSERT INTO documents SELECT key, 'title', 'text ' || key FROM n;
    INSERT INTO vectors SELECT key, x'00' FROM documents WHERE key NOT IN (7, 4000, 4001, 5000);
  `)
  const { prototype } = DatabaseSync
  const { prepare } = prototype
  let most = 0
  prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql)
    const all = statement.all.bind(statement)
    statement.all = (...given: never[]) => {
      const rows = all(...given)
      most = Math.max(most, rows.length)
      return rows
    }
    return statement
  }
  t.teardown(() => { prototype.prepare = prepare })
  const closing = new AbortController()
  const missing = createMissing(db, closing.signal)
  const keys = async (after: number, size: number) => (await missing(after, size)).map(({ key }) => key)
  t.same(await keys(0, 2), [7, 4000])
  t.same(await keys(4000, 16), [4001, 5000])
  t.same(await missing(4999, 16), [{ key: 5000, title: 'title', text: 'text 5000' }])
  t.same(await keys(5000, 16), [])
  t.ok(most > 0 && most <= 1_000, `${most} rows at once`)
  closing.abort()
  t.same(await keys(0, 16), [])
})
