// What is hidden tells nothing: a search counts over what its caller may see, in both stores, and documents move between
// the indexes while others search.
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { AudienceOf } from '../../../plugins/library/audiences.ts'
import type { DocumentStore } from '../../../plugins/library/contract.ts'
import { openPostgresDocuments } from '../../../plugins/library/postgres.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { connectPostgres } from '../../../plugins/postgres.ts'
import { noPostgres, startPostgres } from '../../helpers/postgres.ts'
import { folder } from '../../helpers/tool-context.ts'
import { changingRules, hiddenDocuments, OPEN, questions, RULES, seenDocuments } from './hidden-documents.ts'

/** Opens the store of a place; a new place without one. */
type Open = (audienceOf: AudienceOf, place?: string) => Promise<{ store: DocumentStore; place: string }>

type Rules = ReturnType<typeof changingRules>

const mixed = [...seenDocuments, ...hiddenDocuments].sort((a, b) => (a.id.at(-4)! < b.id.at(-4)! ? -1 : 1))
const seenInOrder = mixed.filter(({ id }) => !id.startsWith('finance/'))
const never = new AbortController().signal

async function storeContract (t: Test, open: Open): Promise<void> {
  const opened = async (t: Test, audienceOf: AudienceOf, place?: string) => {
    const one = await open(audienceOf, place)
    t.teardown(() => one.store.close())
    return one
  }

  /** Everything that the two answer, with their scores, for people who see one index and two. */
  async function sameAnswers (
    t: Test,
    [one, other]: [DocumentStore, DocumentStore],
    rules: Rules,
    asked = questions
  ): Promise<void> {
    for (const groups of [[], ['team']]) {
      const rights = rules.rightsOf(...groups)
      let found = 0
      const different: string[] = []
      for (const question of asked) {
        const [hits, expected] = [await one.search(question, 10, rights), await other.search(question, 10, rights)]
        found += hits.length
        if (JSON.stringify(hits) !== JSON.stringify(expected)) different.push(question)
      }
      t.same(different, [], `groups: ${groups.join() || 'none'}`)
      t.ok(found > 2 * asked.length, `${found} hits`)
    }
  }

  t.test('hits, order, scores and corrections are those of an index in which the hidden documents never were (AR-20)', async (t) => {
    const rules = changingRules(RULES)
    const { store: one } = await opened(t, rules.audienceOf)
    const { store: other } = await opened(t, rules.audienceOf)
    await one.put(mixed)
    await other.put(seenInOrder)
    await Promise.all([one.settle(), other.settle()])
    t.ok(questions.length > 200)
    await sameAnswers(t, [one, other], rules)
    t.ok((await one.search('severance', 10, rules.rightsOf('finance'))).length > 0, 'who may see them finds them')
    t.same(await one.search('walnut', 10, { sees: () => false, seesAll: false }), [], 'who may see nothing finds nothing')
  })

  t.test('after the rules have changed a hidden document tells no more than one that was deleted (AR-20)', async (t) => {
    const rules = changingRules(OPEN)
    const [{ store: one }, { store: other }] = [await opened(t, rules.audienceOf), await opened(t, rules.audienceOf)]
    await one.put(mixed)
    await other.put(mixed)
    rules.change(RULES)
    await other.remove(hiddenDocuments.map(({ id }) => id))
    await Promise.all([one.arrange(never), other.arrange(never)])
    await Promise.all([one.settle(), other.settle()])
    await sameAnswers(t, [one, other], rules, questions.filter((_, at) => at % 5 === 0))
  })

  t.test('what is stopped while documents move goes on at the next start, and finds each of them once (AR-21)', async (t) => {
    const rules = changingRules(OPEN)
    const { store, place } = await opened(t, rules.audienceOf)
    await store.put(mixed)
    rules.change(RULES)
    const stop = new AbortController()
    const stopped = store.arrange(stop.signal)
    const all = rules.rightsOf('finance', 'team')
    const ids = async (store: DocumentStore) => (await store.search('severance dossier', 100, all)).map(({ id }) => id).sort()
    const before = await ids(store)
    t.ok(before.length > 30)
    for (let turn = 0; turn < 3; turn++) {
      await setImmediate()
      t.same(await ids(store), before, 'found once, wherever they are')
    }
    stop.abort()
    await stopped
    await store.close()

    const { store: again } = await opened(t, rules.audienceOf, place)
    t.same(await ids(again), before)
    await again.arrange(never)
    t.same(await ids(again), before)
    t.same(await again.search('severance', 10, rules.rightsOf()), [])
    t.equal(await again.count(), mixed.length)
    t.match(await again.find('finance/long.md'), hiddenDocuments.at(-1)!)
  })

  t.test('an audience that gets another name keeps its index, and one that is empty is dropped', async (t) => {
    const rules = changingRules(RULES)
    const { store } = await opened(t, rules.audienceOf)
    await store.put(mixed)
    const finance = RULES.rules.at(-1)!
    rules.change({ ...RULES, rules: [...RULES.rules.slice(0, -1), { ...finance, who: ['finance', 'team'] }] })
    await store.arrange(never)
    t.ok((await store.search('severance', 10, rules.rightsOf('team'))).length > 0)
    t.same(await store.search('severance', 10, rules.rightsOf()), [])
    rules.change(OPEN)
    await store.arrange(never)
    t.ok((await store.search('severance', 10, rules.rightsOf())).length > 0)
    await store.remove(mixed.map(({ id }) => id))
    t.same(await store.search('severance', 10, rules.rightsOf('finance')), [])
  })
}

t.test('in SQLite', (t) =>
  storeContract(t, async (audienceOf, place) => {
    const at = place ?? (await folder(t))
    return { store: openSqliteDocuments(at, undefined, undefined, audienceOf), place: at }
  }))

const server = await startPostgres()
t.teardown(() => server?.stop())

t.test('in Postgres', { skip: server ? false : noPostgres }, (t) =>
  storeContract(t, async (audienceOf, place) => {
    const at = place ?? (await server!.newDatabase())
    const postgres = await connectPostgres(at, { warn () {} })
    let isOpen = true
    const close = async () => {
      if (isOpen) await postgres.close()
      isOpen = false
    }
    return { store: Object.assign(await openPostgresDocuments(postgres, undefined, audienceOf), { close }), place: at }
  }))
