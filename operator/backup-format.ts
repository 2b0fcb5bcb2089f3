// What a backup is: a folder with every stored entry as JSON lines, copies of the other databases, the generated secret key if there is one, and, written last, a manifest that says what belongs to it.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { z } from 'zod'
import type { Entry } from '../plugins/storage/contract.ts'
import { createSealing } from '../plugins/storage/sealing.ts'

export const FORMAT = 1
export const ENTRIES = 'entries.jsonl'
export const MANIFEST = 'manifest.json'
export const SECRET_KEY = 'secret-key'

export const manifestSchema = z.object({
  format: z.literal(FORMAT),
  /** Of the server that wrote it. */
  version: z.string(),
  createdAt: z.string(),
  /** For people: where it was taken from. */
  source: z.string(),
  entries: z.number(),
  /** Of entries.jsonl. */
  sha256: z.string(),
  /** Shows, without telling it, whether a secret key opens what is sealed in here. */
  keyCheck: z.string(),
  /** Copies of SQLite databases, by their names in DATA_DIR. */
  databases: z.array(z.string().regex(/^[\w-]+\.db$/))
})
export type Manifest = z.output<typeof manifestSchema>

/** What an operator did or named wrongly: said without a stack. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
}

/** One for each key, in the keys' order. */
export const keyChecks = (secretKeys: readonly string[]): string[] => secretKeys.map((key) => createSealing([key]).mac('backup', 'key check'))

/** @throws BackupError for what is no backup, is not whole, or is of a newer format. */
export async function readManifest (folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => {
    throw new BackupError(`${folder} is no finished backup: it has no ${MANIFEST}`)
  })
  const parsed = manifestSchema.safeParse(JSON.parse(text))
  if (!parsed.success) throw new BackupError(`${folder} cannot be read by this version: ${parsed.error.issues[0]!.path.join('.')} in ${MANIFEST} is not as expected. Restore it with the version that wrote it`)
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(join(folder, ENTRIES))) hash.update(chunk as Buffer)
  if (hash.digest('hex') !== parsed.data.sha256) throw new BackupError(`${ENTRIES} in ${folder} is damaged: it is not what ${MANIFEST} says`)
  return parsed.data
}

export async function * readEntries (folder: string): AsyncGenerator<Entry> {
  for await (const line of createInterface({ input: createReadStream(join(folder, ENTRIES)), crlfDelay: Infinity })) yield JSON.parse(line) as Entry
}
