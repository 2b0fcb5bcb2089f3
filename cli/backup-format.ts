// The format of a backup: a folder with every stored entry as JSON lines, copies of the other databases, the generated
// secret key if there is one, and, written last, a manifest of it all.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import type { Entry } from '../plugins/storage/contract.ts'
import { createSealing } from '../plugins/secrets.ts'
import { OperatorError } from './command.ts'

export const FORMAT = 3
export const ENTRIES = 'entries.jsonl'
export const MANIFEST = 'manifest.json'
export const SECRET_KEY = 'secret-key'

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  /** The version of the server that wrote it. */
  version: z.string(),
  createdAt: z.string(),
  /** Where it was taken from, for people to read. */
  source: z.string(),
  entries: z.number(),
  /** The hash of entries.jsonl, in hex. */
  sha256: z.string(),
  /** Shows whether a secret key opens what is sealed in the backup, without revealing the key. */
  keyCheck: z.string(),
  /** Copies of SQLite databases, by their names in DATA_DIR. */
  databases: z.array(z.object({ name: z.string().regex(/^[\w-]+\.db$/), sha256: z.string() }))
})
export type Manifest = z.output<typeof manifestSchema>

/** A problem of a backup, or of the place to restore it to. */
export class BackupError extends OperatorError {
  override readonly name = 'BackupError'
}

/** One for each key, in the keys' order. */
export const keyChecks = (secretKeys: readonly string[]): string[] =>
  secretKeys.map((key) => createSealing([key]).mac('backup', 'key check'))

const expires = z.number().nullable()
const entrySchema = z.union([
  z.strictObject({ record: z.strictObject({ kind: z.string(), id: z.string(), value: z.string() }), expires }),
  z.strictObject({ counter: z.string(), n: z.number(), expires: z.number() }),
  z.strictObject({ journal: z.string(), topic: z.string().optional(), entry: z.unknown() })
])

/**
 * Reads every file of a backup once, before anything is changed.
 * @throws BackupError for a folder that is no backup, is incomplete, or has a newer format.
 */
export async function checkBackup (folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder)
  await checkHash(folder, ENTRIES, manifest.sha256)
  let entries = 0
  for await (const entry of readEntries(folder)) if (entry !== undefined) entries++
  if (entries !== manifest.entries) throw damaged(folder, ENTRIES)
  for (const { name, sha256 } of manifest.databases) {
    await checkHash(folder, name, sha256)
    checkDatabase(folder, name)
  }
  return manifest
}

async function readManifest (folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => {
    throw new BackupError(`${folder} is not a complete backup: it has no ${MANIFEST}`)
  })
  const parsed = manifestSchema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const member = parsed.error.issues[0]!.path.join('.') || 'all of it'
  throw new BackupError(
    `${folder} cannot be read by this version: ${member} in ${MANIFEST} is not as expected. ` +
      'Take another backup, or restore it with the version that wrote it. Nothing was changed'
  )
}

/** @throws BackupError at a line that is not an entry. */
export async function * readEntries (folder: string): AsyncGenerator<Entry> {
  for await (const line of readLines(join(folder, ENTRIES))) {
    const parsed = entrySchema.safeParse(parseJson(line))
    if (!parsed.success) throw damaged(folder, ENTRIES)
    yield parsed.data
  }
}

/** Ended by \n alone: Node's readline also ends them at U+2028 and U+2029, which JSON leaves as they are (threat SG-21). */
async function * readLines (file: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    const lines = chunk.split('\n')
    lines[0] = rest + lines[0]
    rest = lines.pop()!
    yield * lines
  }
  if (rest !== '') yield rest
}

/** @returns the SHA-256 of a file, in hex. */
export async function hashFile (file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

async function checkHash (folder: string, name: string, expected: string): Promise<void> {
  const found = await hashFile(join(folder, name)).catch(() => undefined)
  if (found !== expected) throw damaged(folder, name)
}

/**
 * Copies a database that others write to, as of one moment: without a transaction of ours each change of theirs would have
 * the copy begin again, and on a busy server it would never end.
 */
export async function copyDatabase (file: string, target: string): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true, timeout: 5_000 })
  try {
    source.exec('BEGIN')
    source.prepare('SELECT count(*) FROM sqlite_schema').get()
    await backup(source, target)
  } finally {
    source.close()
  }
}

/** Immutable: SQLite writes no files beside it, so a backup can be on read-only media. */
export const readOnlyUrl = (folder: string, name: string): string => `${pathToFileURL(join(folder, name)).href}?immutable=1`

/**
 * @throws BackupError unless SQLite finds the copy intact. SQLite accepts an empty file, so that is refused as well.
 */
export function checkDatabase (folder: string, name: string): void {
  try {
    const db = new DatabaseSync(readOnlyUrl(folder, name), { readOnly: true })
    try {
      const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()!['n']
      const findings = db.prepare('PRAGMA quick_check(1)').all()
      if (tables === 0 || findings[0]?.['quick_check'] !== 'ok') throw damaged(folder, name)
    } finally {
      db.close()
    }
  } catch (error) {
    throw error instanceof BackupError ? error : damaged(folder, name, error)
  }
}

const damaged = (folder: string, name: string, cause?: unknown) =>
  new BackupError(
    `${name} in ${folder} is damaged or missing: it is not what ${MANIFEST} says. Take another backup. Nothing was changed`,
    { cause }
  )

/** @returns `undefined` for text that is not JSON. */
function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
