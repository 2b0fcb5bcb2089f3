// Runs in a worker: one search in the index of documents or notes, which it may only read. Connections stay open for the
// next search.
// Tested in test/plugins/search/worker.test.ts.
import type { SearchHit } from './contract.ts'
import { openDocumentSearch } from './sqlite-documents.ts'
import { openNoteSearch } from './sqlite-notes.ts'

export interface Search {
  kind: 'documents' | 'notes'
  /** The file of the index. */
  path: string
  query: string
  limit: number
  /** Whose notes. */
  owner: string
  /** Of the query, where documents have vectors. */
  vector?: Float32Array | undefined
}

type Made = (query: string, limit: number, owner: string, vector?: Float32Array) => SearchHit[]
const open = new Map<string, Made>()

/** @returns at most `limit` hits, best first. @throws ToolError for a query beyond the bounds. */
export default function search ({ kind, path, query, limit, owner, vector }: Search): SearchHit[] {
  const known = open.get(path) ?? openIndex(kind, path)
  open.set(path, known)
  return known(query, limit, owner, vector)
}

function openIndex (kind: Search['kind'], path: string): Made {
  if (kind === 'documents') {
    const { search } = openDocumentSearch(path)
    return (query, limit, _, vector) => search(query, limit, vector)
  }
  const { search } = openNoteSearch(path)
  return (query, limit, owner) => search(owner, query, limit)
}
