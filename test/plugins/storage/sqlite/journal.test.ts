// Journals in files of an earlier version, whose topics are in a table of their own. What journals do is in ../journals-contract.ts.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../../helpers/tool-context.ts'

const EARLIER = `
  CREATE TABLE journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, at REAL NOT NULL, entry TEXT NOT NULL);
  CREATE INDEX journal_by_age ON journal (at);
  CREATE INDEX journal_by_name ON journal (name, seq);
  CREATE TABLE journal_topics (
    topic TEXT NOT NULL, seq INTEGER NOT NULL REFERENCES journal ON DELETE CASCADE, PRIMARY KEY (topic, seq)
  ) WITHOUT ROWID;
  CREATE INDEX journal_topics_by_entry ON journal_topics (seq);
  INSERT INTO journal (name, at, entry) VALUES ('audit', 1800000000, '1'), ('audit', 1800000000, '2'), ('audit-calls', 1800000000, '3');
  INSERT INTO journal_topics VALUES ('audit user ann', 1), ('audit-calls user ann', 3)`

t.test('journals of an earlier version are read by topic, and the topics of one that stops meanwhile stay', async (t) => {
  const place = await folder(t)
  const db = new DatabaseSync(join(place, 'oauth.db'))
  t.teardown(() => db.close())
  db.exec(EARLIER)
  for (let starts = 0; starts < 2; starts++) {
    const storage = openSqliteStorage(place, () => 1_800_000_000)
    const [first, calls] = [storage.journal<number>('audit'), storage.journal<number>('audit-calls')]
    t.same(await first.newest('user ann', 9), [1])
    t.same(await calls.newest('user ann', 9), [3])
    t.same(await Array.fromAsync(first.all()), [1, 2])
    await storage.close()
  }
  const storage = openSqliteStorage(place, () => 1_800_000_000)
  t.teardown(() => storage.close())
  await storage.journal('audit').forget('user ann')
  t.same(await Array.fromAsync(storage.journal('audit').all()), [2])
  t.same(db.prepare('SELECT topic FROM journal_topics').all().map(({ topic }) => topic), ['audit-calls user ann'], 'the earlier version can go on')
})
