// What the operator reads when a database cannot be opened.
import { spawn } from 'node:child_process'
import { copyFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openSqliteNotes } from '../../../../plugins/notes/sqlite.ts'
import { explain } from '../../../../plugins/storage/sqlite/explain.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { mountSmallDisk, noSmallDisk } from '../../../helpers/small-disk.ts'
import { folder } from '../../../helpers/tool-context.ts'

const time = 1_800_000_000
const now = () => time

async function refused (
  t: Test,
  place: string,
  message: RegExp,
  name = 'oauth.db',
  open: (place: string) => unknown = (place) => openSqliteStorage(place, now)
) {
  const before = await stat(join(place, name))
  t.throws(() => open(place), { name: 'StartError', message })
  t.equal((await stat(join(place, name))).size, before.size, 'nothing was changed')
}

t.test('what is damaged or empty is refused with the file and the way out, and left as it is (SG-09, SG-22)', async (t) => {
  const place = await folder(t)
  await writeFile(join(place, 'secret-key'), 'k')
  await writeFile(join(place, 'oauth.db'), '')
  await refused(t, place, /oauth\.db is empty, although this folder has been in use.*Restore a backup/)
  await writeFile(join(place, 'oauth.db-wal'), 'what it held')
  await refused(t, place, /oauth\.db is empty/)
  t.equal((await stat(join(place, 'oauth.db-wal'))).size, 12, 'nor is its log')
  await rm(join(place, 'oauth.db-wal'))
  await writeFile(join(place, 'oauth.db'), 'this is no database at all, really not '.repeat(200))
  await refused(t, place, /oauth\.db is damaged \(file is not a database\)\. Restore a backup/)
  await writeFile(join(place, 'notes.db'), '')
  await refused(
    t,
    place,
    /notes\.db is empty, although this folder has been in use.*without the notes, delete the file/,
    'notes.db',
    openSqliteNotes
  )
  await writeFile(join(place, 'notes.db'), 'this is no database at all, really not '.repeat(200))
  await refused(t, place, /notes\.db is damaged/, 'notes.db', openSqliteNotes)
  const file = join(place, 'file')
  await writeFile(file, '')
  t.throws(() => openSqliteStorage(file, now), {
    name: 'StartError',
    message: /^DATA_DIR: the server cannot write to .*chown/
  })
})

t.test('what another process is just making is not taken for emptied (LB-34)', async (t) => {
  const [place, other] = [await folder(t), await folder(t)]
  await openSqliteNotes(other).close()
  await copyFile(join(other, 'notes.db'), join(place, 'made'))
  await writeFile(join(place, 'secret-key'), 'a key')
  await writeFile(join(place, 'notes.db'), '')
  spawn('sh', ['-c', 'sleep 0.1; mv made notes.db'], { cwd: place, stdio: 'ignore' })
  const notes = openSqliteNotes(place)
  t.equal(await notes.count('ann'), 0)
  await notes.close()
})

const disk = mountSmallDisk(t, 4)

t.test('a first start on a full disk leaves nothing that the next would take for an emptied database (SG-22)', { skip: disk ? false : noSmallDisk }, async (t) => {
  await disk!.fill()
  for (const [name, open] of [
    ['oauth.db', () => openSqliteStorage(disk!.folder, now)],
    ['notes.db', () => openSqliteNotes(disk!.folder)]
  ] as const) {
    t.throws(open, { name: 'StartError', message: /the disk is full/ })
    await t.rejects(stat(join(disk!.folder, name)), { code: 'ENOENT' }, name)
  }
  disk!.empty()
  const [storage, notes] = [openSqliteStorage(disk!.folder, now), openSqliteNotes(disk!.folder)]
  await Promise.all([storage.close(), notes.close()])
})

t.test('what stands in the way is named for each fault of the disk and of SQLite, and anything else is passed on (SG-09)', async (t) => {
  const coded = (code: string) => Object.assign(new Error('why'), { code })
  const sqlite = (errcode: number) => Object.assign(new Error('why'), { code: 'ERR_SQLITE_ERROR', errcode })
  const cases: Array<[message: RegExp, ...errors: Error[]]> = [
    [/^oauth\.db is damaged \(why\)\. Restore a backup/, sqlite(11), sqlite(26), sqlite(267), sqlite(11 + 256 * 5)],
    [/^oauth\.db cannot be opened: the disk is full/, sqlite(13), sqlite(4874), coded('ENOSPC')],
    [/^oauth\.db is locked by another process/, sqlite(5), sqlite(6), sqlite(5 + 256)],
    [
      /^DATA_DIR: the server cannot write to \/data \(why\)/,
      sqlite(14), sqlite(8), sqlite(8 + 256), ...['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT'].map(coded)
    ]
  ]
  for (const [message, ...errors] of cases) {
    for (const error of errors) {
      t.match(explain(error, '/data', 'oauth.db'), { name: 'StartError', message, cause: error }, JSON.stringify(error))
    }
  }
  for (const error of [sqlite(1), sqlite(19), coded('EMFILE'), coded('XENOENTX'), new Error('ENOENT')]) {
    t.equal(explain(error, '/data', 'oauth.db'), error)
  }
})
