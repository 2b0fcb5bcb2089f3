// A large collection, put together from the small one.
import type { IndexedDocument } from '../../plugins/library/contract.ts'
import { readCollection } from './collection.ts'

/**
 * Paragraphs of the real documents, put together anew: real words in their real proportions, and no two documents
 * alike.
 */
export async function * synthesize (count: number): AsyncGenerator<IndexedDocument[]> {
  const paragraphs = (await readCollection()).documents
    .flatMap(({ text }) => text.slice(0, 30_000).split(/\n\s*\n/))
    .filter(({ length }) => length > 40 && length < 2_000)
  let state = 42
  const pick = () => paragraphs[(state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % paragraphs.length]!
  for (let from = 0; from < count; from += 50) {
    yield Array.from({ length: Math.min(50, count - from) }, (_, index) => {
      const id = `shelf-${Math.floor(from / 1_000)}/document-${from + index}.md`
      const text = Array.from({ length: 5 + ((from + index) % 11) }, pick)
        .join('\n\n')
        .toWellFormed()
      return {
        id,
        title: text.slice(0, 60).replace(/\s+/g, ' ').toWellFormed(),
        text,
        type: 'text/markdown',
        modified: from + index,
        bytes: text.length
      }
    })
  }
}
