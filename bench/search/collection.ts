// The documents that the questions are asked of: what the packages of package-lock.json bring along, their guides,
// READMEs and type declarations.
import { createHash } from 'node:crypto'
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { IndexedDocument } from '../../plugins/library/contract.ts'
import { convert } from '../../plugins/library/convert-task.ts'
import { readDocument } from '../../plugins/library/extract.ts'

const ROOT = join(import.meta.dirname, '../../node_modules')
/** Packages for one platform, which are not there on every computer. */
const PLATFORM = /(?:linux|darwin|win32|android|freebsd)-|^node\/|^@typescript\/native-preview|^node-bin/
/** Guides and READMEs, and declarations; licences and lists of changes say nothing that anybody asks for. */
const DOCUMENT = /\.(?:md|markdown|d\.ts)$/i
/** The same declarations once more, for older compilers. */
const AGAIN = /types-ts3\.8\/|\/ts5\.\d\//
const LEFT_OUT = /(?:^|\/)(?:licen[sc]e|changelog|history|changes|authors|third.?party)[^/]*$/i

/**
 * Each text once, however many packages bring it; nested packages are left out.
 * @returns the documents in the order of their paths, and a digest of them all.
 */
export async function readCollection (): Promise<{ documents: IndexedDocument[]; digest: string }> {
  const root = await realpath(ROOT)
  const seen = new Set<string>()
  const documents: IndexedDocument[] = []
  for (const id of (await listFiles(root)).sort()) {
    const document = await readDocument(root, id, convert).catch(() => undefined)
    if (!document || document.text.length < 400) continue
    const hash = createHash('sha256').update(document.text).digest('base64')
    if (seen.has(hash)) continue
    seen.add(hash)
    documents.push({ ...document, modified: 0 })
  }
  const digest = createHash('sha256')
    .update([...seen].join())
    .digest('hex')
    .slice(0, 12)
  return { documents, digest }
}

async function listFiles (root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(
      (id) =>
        DOCUMENT.test(id) &&
        !LEFT_OUT.test(id) &&
        !PLATFORM.test(id) &&
        !AGAIN.test(id) &&
        !id.includes('node_modules/') &&
        !id.split('/').some((name) => name.startsWith('.'))
    )
}
