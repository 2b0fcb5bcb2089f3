// Runs in a worker: one search in the index of documents or notes, which it may only read. Connections stay open for the
// next search.
// Tested in test/plugins/search/worker.test.ts.
import type { SearchHit, Seen } from './contract.ts'
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
  /** Whose documents. */
  seen: Seen
  /** Of the query, where documents have vectors. */
  vector?: Float32Array | undefined
}

type Made = (search: Search) => SearchHit[]
const open = new Map<string, Made>()

/** @returns at most `limit` hits, best first. @throws ToolError for a query beyond the bounds. */
export default function search (asked: Search): SearchHit[] {
  const known = open.get(asked.path) ?? openIndex(asked)
  open.set(asked.path, known)
  return known(asked)
}

function openIndex ({ kind, path }: Search): Made {
  if (kind === 'documents') {
    const { search } = openDocumentSearch(path)
    return ({ query, limit, seen, vector }) => search(query, limit, seen, vector)
  }
  const { search } = openNoteSearch(path)
  return ({ owner, query, limit }) => search(owner, query, limit)
}
