// The whole of the SQLite storage comes in by pieces. What comes out and goes in is tested in journals-contract.ts.
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { sqliteExport } from '../../../../plugins/storage/sqlite/export.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../../helpers/tool-context.ts'

t.test('what is loaded is written five hundred at a time, and no more of it is read meanwhile', async (t) => {
  const at = await folder(t)
  await (await openSqliteStorage(at, () => 0)).close()
  const file = `${at}/oauth.db`
  const db = new DatabaseSync(file)
  t.teardown(() => db.close())
  let read = 0
  const readAtCommit: number[] = []
  const commits = {
    async add (work: () => unknown) {
      readAtCommit.push(read)
      work()
    }
  }
  async function * entries () {
    for (; read < 1_001; read++) yield { record: { kind: 'k', id: `${read}`, value: '1' }, expires: null }
  }
  await sqliteExport(db, file, () => 0, commits as never, { warn () {} }).load(entries())
  t.same(readAtCommit, [499, 999, 1_001])
  t.same({ ...db.prepare("SELECT count(*) AS found FROM records WHERE kind = 'k'").get() }, { found: 1_001 })
})
