// Judged searches that nobody here wrote: our ranking beside FTS5 with its Porter stemmer, MiniSearch and Lunr, as each
// comes. The folder is named by SEARCH_SETS, else ../shared/search-sets beside the repository; each file holds `documents`
// (`id`, `title`, `text`) and `queries` (`id`, `text`, `relevant`: id -> grade).
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import lunr from 'lunr'
import MiniSearch from 'minisearch'
import type { DocumentStore } from '../../plugins/library/contract.ts'
import { fromStore, untunedFts5, type Engine } from './engines.ts'
import { linearNdcg } from './measure.ts'

const FOLDER = process.env['SEARCH_SETS'] ?? join(import.meta.dirname, '../../../shared/search-sets')
/** Slips a query, in its longest words. */
const TYPOS = [0, 2]

interface Judged {
  documents: Array<{ id: string; title: string; text: string }>
  queries: Array<{ text: string; relevant: Record<string, number> }>
}

/** What the sets need of a store: an empty one for each. */
export type OpenStore = () => Promise<{ name: string; store: DocumentStore; close(): Promise<void> }>

/** @param only names of sets; all that are there without. */
export async function measureOutside (stores: readonly OpenStore[], only: readonly string[] = [], withRivals = true): Promise<void> {
  const files = (await readdir(FOLDER).catch(() => [])).filter((name) => name.endsWith('.json')).sort()
  const names = files.map((file) => file.replace('.json', '')).filter((name) => only.length === 0 || only.includes(name))
  if (names.length === 0) return console.log('There are no sets from outside: SEARCH_SETS names their folder.')
  for (const name of names) {
    const set = JSON.parse(await readFile(join(FOLDER, `${name}.json`), 'utf8')) as Judged
    const opened = await Promise.all(stores.map((open) => open()))
    for (const { store } of opened) {
      await store.put(set.documents.map((document) => ({ ...document, id: `${document.id}.md`, type: 'text/markdown', modified: 0, bytes: 0 })))
      await store.settle()
    }
    const ours = opened.map(({ name, store }) => {
      const engine = fromStore(name, store)
      return { name, search: async (query: string, limit: number) => (await engine.search(query, limit)).map((id) => id.slice(0, -3)) }
    })
    const rivals = withRivals ? [untunedFts5(set.documents, 'FTS5+porter', 'porter unicode61'), miniSearch(set), lunrIndex(set)] : []
    for (const typos of TYPOS) await print(name, set, typos, ours, rivals)
    for (const { store, close } of opened) {
      await store.close()
      await close()
    }
  }
}

async function print (name: string, { queries }: Judged, typos: number, ours: Engine[], rivals: Engine[]): Promise<void> {
  const measured = async ({ search }: Engine): Promise<number> => {
    let sum = 0
    for (const { text, relevant } of queries) sum += linearNdcg(await search(withTypos(text, typos), 10), relevant)
    return sum / queries.length
  }
  const row: Array<[string, number]> = []
  for (const engine of [...ours, ...rivals]) row.push([engine.name, await measured(engine)])
  const best = Math.max(0, ...row.slice(ours.length).map(([, value]) => value))
  const loses = row.slice(0, ours.length).filter(([, value]) => value < best).map(([name]) => name)
  console.log(
    `${name.padEnd(10)} ${typos > 0 ? `${typos} slips` : '       '}  ${row.map(([engine, value]) => `${engine} ${value.toFixed(4)}`).join('  ')}${loses.length > 0 ? `  loses: ${loses.join(', ')}` : ''}`
  )
}

/** One slip in each of the longest words: a letter left out, doubled, replaced, or two that changed places. */
export function withTypos (query: string, count: number): string {
  const words = [...query.matchAll(/\p{L}{4,}/gu)].sort((a, b) => b[0].length - a[0].length).slice(0, count)
  return words
    .sort((a, b) => b.index - a.index)
    .reduce((text, { 0: word, index }) => text.slice(0, index) + slip(word) + text.slice(index + word.length), query)
}

function slip (word: string): string {
  const sum = [...word].reduce((hash, letter) => (hash * 31 + letter.codePointAt(0)!) >>> 0, 7)
  const at = 1 + (sum % (word.length - 2))
  const [before, letter, next, after] = [word.slice(0, at), word[at]!, word[at + 1]!, word.slice(at + 2)]
  const slips = [
    before + next + after,
    before + letter + letter + next + after,
    before + word[0] + next + after,
    before + next + letter + after
  ]
  return slips[(sum >>> 8) % slips.length]!
}

function miniSearch ({ documents }: Judged): Engine {
  const index = new MiniSearch<Judged['documents'][number]>({ fields: ['title', 'text'] })
  index.addAll(documents)
  return { name: 'MiniSearch', search: async (query, limit) => index.search(query, { fuzzy: 0.2 }).slice(0, limit).map(({ id }) => id as string) }
}

function lunrIndex ({ documents }: Judged): Engine {
  const index = lunr(function () {
    this.ref('id')
    this.field('title')
    this.field('text')
    for (const document of documents) this.add(document)
  })
  return {
    name: 'Lunr',
    async search (query, limit) {
      const hits = index.query((builder) => {
        for (const token of lunr.tokenizer(query)) builder.term(token.toString().replace(/^\W+|\W+$/g, ''), {})
      })
      return hits.slice(0, limit).map(({ ref }) => ref)
    }
  }
}
