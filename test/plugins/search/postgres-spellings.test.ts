// Words that are mistyped are compared with tens of thousands, in the process of the searches.
import t from 'tap'
import type { Query } from '../../../plugins/postgres.ts'
import { createSpellings } from '../../../plugins/search/postgres-spellings.ts'
import compare, { type Comparison } from '../../../plugins/search/spelling-task.ts'
import { createSearchWorker } from '../../../plugins/search/worker.ts'
import type { Workers } from '../../../plugins/workers.ts'
import { folder } from '../../helpers/tool-context.ts'

t.test('mistyped words are compared with many in one task of the worker, as they would be here (BW-14)', async (t) => {
  const many = Array.from({ length: 5_000 }, (_, index) =>
    `w${index.toString(36).padStart(8, 'q').replace(/\d/g, 'z')}`)
  let asked = 0
  const query: Query = async <Row>() => {
    asked++
    return [{ spellings: asked % 2 === 0 ? null : [...many, 'walnuts', 'wizards'].join(' ') }] as Row[]
  }
  const tasks: unknown[] = []
  const run = async (...[task, input, { person }]: Parameters<Workers['run']>) => {
    tasks.push([task.pathname.split('/').at(-1), person])
    return compare(input as Comparison) as never
  }
  const words = ['wolnuts', 'wizzards', 'walnut'].map((word) => ({ word, terms: [word], isPrefix: false }))
  const searched = {
    audiences: [0],
    languages: ['en'] as const,
    isKnown: ({ word }: { word: string }) => word === 'walnut',
    held: async (terms: readonly string[]) => new Set(terms)
  }
  const worker = createSearchWorker({ run }, await folder(t))
  const corrected = await createSpellings(query, 'spellings', worker).correct(words, searched, 'ann')
  t.same(corrected.map(({ terms }) => terms), [['wolnuts', 'walnut'], ['wizzards', 'wizard'], ['walnut']])
  t.same(tasks, [['spelling-task.ts', { server: 'search' }]])
  t.equal(asked, 4)
  t.same(await createSpellings(query, 'spellings').correct(words, searched, 'ann'), corrected)
})

t.test('of many near spellings a hundred are asked about', async (t) => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  const near = letters.flatMap((letter) =>
    [1, 2, 3, 4, 5, 6].map((at) => 'walnut'.slice(0, at) + letter + 'walnut'.slice(at)))
  const spellings = [...new Set(near)].join(' ')
  const [found] = compare({ words: [{ word: 'walnut', spellings }], languages: ['en'] })
  t.equal(found!.length, 100)
})

t.test('where documents hold every word, nothing is compared', async (t) => {
  const worker = { compare: () => t.fail('it compares') } as never
  const words = [{ word: 'walnut', terms: ['walnut'], isPrefix: false }]
  const searched = {
    audiences: [0],
    languages: ['en'] as const,
    isKnown: () => true,
    held: async () => new Set<string>()
  }
  const { correct } = createSpellings(async () => [], 'spellings', worker)
  t.same(await correct(words, searched, 'ann'), words)
})
