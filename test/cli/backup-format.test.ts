// A backup is restored only if every file of it is whole: each way in
// which one can be damaged is refused before
// anything is touched.
import { createHash } from 'node:crypto'
import { appendFile, cp, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { BackupError, checkBackup, copyDatabase, FORMAT, keyChecks, readEntries } from '../../cli/backup-format.ts'

const LINES = [
  '{"record":{"kind":"user","id":"ann","value":"{}"},"expires":null}',
  '{"record":{"kind":"grant","id":"g1","value":"{}"},"expires":4102444800}',
  '{"counter":"calls 1","n":7,"expires":4102444800}',
  '{"journal":"audit","topic":"user ann","entry":{"event":"sign_in"}}'
]
const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex')

async function newFolder (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcp-backup-format-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function newBackup (t: Test): Promise<string> {
  const folder = await newFolder(t)
  const text = `${LINES.join('\n')}\n`
  await writeFile(join(folder, 'entries.jsonl'), text)
  const db = new DatabaseSync(join(folder, 'notes.db'))
  db.exec(
    "CREATE TABLE notes (text); INSERT INTO notes SELECT hex(randomblob(2000)) FROM json_each('[1,2,3,4,5,6,7,8]')"
  )
  db.close()
  const about = {
    format: FORMAT,
    version: '0.1.0',
    createdAt: '2026-11-28T10:00:00.000Z',
    source: 'SQLite',
    entries: LINES.length,
    sha256: sha256(text),
    keyCheck: keyChecks(['k'.repeat(43)])[0],
    databases: [{ name: 'notes.db', sha256: sha256(await readFile(join(folder, 'notes.db'))) }]
  }
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(about))
  return folder
}

t.test('a whole backup is read, from a folder that is only read', async (t) => {
  const folder = await newBackup(t)
  t.match(await checkBackup(folder), { entries: 4, databases: [{ name: 'notes.db' }] })
  t.strictSame(
    (await Array.fromAsync(readEntries(folder))).map((entry) => JSON.stringify(entry)),
    LINES
  )
})

t.test('what an app calls itself breaks no line: a session holds it as the app sent it (SG-21)', async (t) => {
  const folder = await newBackup(t)
  const names = ['\u2028', '\u2029', '\u0085', '\r', '\u000b', '\u{1F9A6}'.repeat(40_000)]
  const entries = names.map((name, n) => ({ record: { kind: 'mcpSession', id: `s${n}`, value: JSON.stringify({ name }) }, expires: null }))
  await rewrite(folder, (lines) => [...entries.map((entry) => JSON.stringify(entry)), ...lines])
  await changeManifest(folder, { entries: LINES.length + names.length })
  t.match(await checkBackup(folder), { entries: LINES.length + names.length })
  t.strictSame((await Array.fromAsync(readEntries(folder))).slice(0, names.length), entries)
})

t.test('a damaged backup is refused, whatever is damaged', async (t) => {
  const whole = await newBackup(t)
  for (const [what, damage] of Object.entries(damages)) {
    const folder = join(await newFolder(t), 'damaged')
    await cp(whole, folder, { recursive: true })
    await damage(folder)
    const error = await checkBackup(folder).then(
      () => undefined,
      (error: unknown) => error
    )
    t.type(error, BackupError, what)
    if (what.startsWith('the manifest names')) t.match((error as Error).message, /databases\.0\.name in manifest/, what)
    t.match(
      (error as Error)?.message,
      /damaged or missing|not a complete backup|cannot be read by this version/,
      what
    )
  }
})

/** What can have become of a backup, each to a copy of one. */
const damages: Record<string, (folder: string) => Promise<unknown>> = {
  'entries cut short': (folder) => truncate(join(folder, 'entries.jsonl'), 100),
  'entries with a line more': (folder) => appendFile(join(folder, 'entries.jsonl'), '{}\n'),
  'entries missing': (folder) => rm(join(folder, 'entries.jsonl')),
  'a line that is no JSON, with the right hash': (folder) => rewrite(folder, (lines) => lines.with(2, '{broken')),
  'a line that is no entry, with the right hash': (folder) =>
    rewrite(folder, (lines) => lines.with(2, '{"record":{"kind":"user"},"expires":null}')),
  'a line missing, with the right hash': (folder) => rewrite(folder, (lines) => lines.toSpliced(2, 1)),
  'notes missing': (folder) => rm(join(folder, 'notes.db')),
  'notes cut in half': async (folder) =>
    truncate(join(folder, 'notes.db'), (await stat(join(folder, 'notes.db'))).size / 2),
  'notes empty': (folder) => truncate(join(folder, 'notes.db'), 0),
  'notes that are no database, with the right hash': (folder) => garbage(folder, Buffer.alloc(100_000, 0xa5)),
  'notes that are an empty database, with the right hash': (folder) => garbage(folder, Buffer.alloc(0)),
  'the manifest cut short': (folder) => truncate(join(folder, 'manifest.json'), 40),
  'the manifest of another version': (folder) => writeFile(join(folder, 'manifest.json'), '{"format": 99}'),
  ...Object.fromEntries(['../notes.db', '/tmp/notes.db', 'a/../notes.db', 'notes.db/.', 'secret-key', '.db', 'notes.db\n', ''].map((name) => [
    `the manifest names ${JSON.stringify(name)}`,
    (folder: string) => changeManifest(folder, { databases: [{ name, sha256: '0'.repeat(64) }] })
  ])),
  'the manifest missing': (folder) => rm(join(folder, 'manifest.json'))
}

async function rewrite (folder: string, change: (lines: string[]) => string[]): Promise<void> {
  const file = join(folder, 'entries.jsonl')
  const text = change((await readFile(file, 'utf8')).split('\n')).join('\n')
  await writeFile(file, text)
  await changeManifest(folder, { sha256: sha256(text) })
}

async function garbage (folder: string, content: Buffer): Promise<void> {
  await writeFile(join(folder, 'notes.db'), content)
  await changeManifest(folder, { databases: [{ name: 'notes.db', sha256: sha256(content) }] })
}

async function changeManifest (folder: string, change: object): Promise<void> {
  const file = join(folder, 'manifest.json')
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...change }))
}

t.test('a database that changes all the time is copied to its end, as of one moment', async (t) => {
  const folder = await newFolder(t)
  const db = new DatabaseSync(join(folder, 'notes.db'), { timeout: 1_000 })
  t.teardown(() => db.close())
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; CREATE TABLE notes (n INTEGER, text BLOB)')
  db.exec(`INSERT INTO notes SELECT 0, zeroblob(40000) FROM json_each('[${Array(100).fill(0).join()}]')`)
  const change = db.prepare('UPDATE notes SET n = n + 1 WHERE rowid <= 2')
  const done = new AbortController()
  const copied = copyDatabase(join(folder, 'notes.db'), join(folder, 'copy.db')).finally(() => done.abort())
  for (let writes = 0; writes < 3_000 && !done.signal.aborted; writes++) {
    change.run()
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.ok(done.signal.aborted)
  await copied
  const copy = new DatabaseSync(join(folder, 'copy.db'), { readOnly: true })
  const found = copy.prepare('SELECT max(n) - min(n) AS apart, count(*) AS n FROM notes WHERE rowid <= 2').get()!
  copy.close()
  t.match(found, { apart: 0, n: 2 })
})
