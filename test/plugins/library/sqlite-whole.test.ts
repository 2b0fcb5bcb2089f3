// Who may see all documents searches as if there were no rules: one index over all of them, filled while others search.
import { setImmediate } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { DocumentStore, IndexedDocument } from '../../../plugins/library/contract.ts'
import { openSqliteDocuments } from '../../../plugins/library/sqlite.ts'
import { folder } from '../../helpers/tool-context.ts'
import {
  changingRules,
  hiddenDocuments,
  OPEN,
  questions,
  RULES as HIDING,
  seenDocuments
} from './hidden-documents.ts'

/** The board sees everything. */
const RULES = { groups: { ...HIDING.groups, board: [] }, rules: [...HIDING.rules, { who: ['board'], documents: ['**'] }] }
const never = new AbortController().signal
const all = [...seenDocuments, ...hiddenDocuments]
const asked = questions.filter((_, at) => at % 8 === 0)

async function open (t: Test, rules = changingRules(OPEN), place?: string) {
  const at = place ?? (await folder(t))
  const store = openSqliteDocuments(at, undefined, undefined, rules.audienceOf)
  t.teardown(() => store.close())
  return { store, rules, place: at }
}

type Asked = Awaited<ReturnType<typeof open>>

const answersOf = async ({ store, rules }: Pick<Asked, 'store' | 'rules'>): Promise<string[]> => {
  const rights = rules.rightsOf('board')
  return Promise.all(asked.map(async (question) => JSON.stringify(await store.search(question, 10, rights))))
}

/** Of a store without rules that holds the same. */
async function expected (t: Test, documents: readonly IndexedDocument[]): Promise<string[]> {
  const plain = await open(t)
  await plain.store.put([...documents])
  return answersOf(plain)
}

const wholeTables = (place: string): unknown[] => {
  const db = new DatabaseSync(join(place, 'library.db'), { readOnly: true })
  const found = db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE 'body_whole%'").all()
  db.close()
  return found
}

const rowsOf = (place: string, table: string): unknown => {
  const db = new DatabaseSync(join(place, 'library.db'), { readOnly: true })
  const found = db.prepare(`SELECT count(*) AS n FROM ${table}`).get()!['n']
  db.close()
  return found
}

t.test('hits, order and scores are those of a server without rules', async (t) => {
  const ruled = await open(t, changingRules(RULES))
  await ruled.store.put(all)
  await ruled.store.arrange(never)
  t.same(await answersOf(ruled), await expected(t, all))
})

t.test('they stay so when documents change, and when the rules hide some from everybody', async (t) => {
  const ruled = await open(t, changingRules(RULES))
  await ruled.store.put(all)
  await ruled.store.arrange(never)
  const [first, ...rest] = hiddenDocuments
  await ruled.store.remove([first!.id])
  await ruled.store.put([{ ...rest[0]!, text: '# Dossier\n\nThe walnut embargo of the planet.' }])
  const hits = await ruled.store.search('walnut embargo planet', 3, ruled.rules.rightsOf('board'))
  t.equal(hits[0]!.id, rest[0]!.id, 'what was put is in it')
  t.same(rowsOf(ruled.place, 'body_whole_docsize'), rowsOf(ruled.place, 'documents'), 'what was removed or replaced is not')
  // Without a rule for the board, and none for finance: these are for nobody.
  ruled.rules.change({ ...RULES, rules: RULES.rules.slice(0, -2) })
  await ruled.store.arrange(never)
  const rights = { ...ruled.rules.rightsOf('board'), sees: () => true, seesAll: true }
  const left = JSON.stringify(await ruled.store.search('severance dossier embargo', 50, rights))
  t.notMatch(left, 'finance/', 'they are in no index that anybody searches')
  ruled.rules.change(RULES)
  await ruled.store.arrange(never)
  const again = JSON.stringify(await ruled.store.search('severance dossier embargo', 50, ruled.rules.rightsOf('board')))
  t.match(again, 'finance/')
})

t.test('what is stopped while it is filled goes on at the next start', async (t) => {
  const before = await open(t)
  await before.store.put(all)
  before.rules.change(RULES)
  const stop = new AbortController()
  const stopped = before.store.arrange(stop.signal)
  for (let turn = 0; turn < 3; turn++) await setImmediate()
  stop.abort()
  await stopped
  await before.store.close()
  const after = await open(t, before.rules, before.place)
  await after.store.arrange(never)
  const found = (store: DocumentStore, rules: Asked['rules']) => store.search('severance', 100, rules.rightsOf('board'))
  const plain = await open(t)
  await plain.store.put(all)
  const ids = (hits: Array<{ id: string }>) => hits.map(({ id }) => id).sort()
  t.same(ids(await found(after.store, after.rules)), ids(await found(plain.store, plain.rules)))
})

t.test('it takes no room where nobody would use it', async (t) => {
  const { store, rules, place } = await open(t, changingRules(OPEN))
  await store.put(all)
  t.same(wholeTables(place), [], 'without rules')
  rules.change({ groups: {}, rules: [{ who: ['everyone'], documents: ['**', '!finance/**'] }] })
  await store.arrange(never)
  t.same(wholeTables(place), [], 'where some documents are for nobody, and the others for everybody')
  rules.change(RULES)
  await store.arrange(never)
  t.not(wholeTables(place).length, 0)
  rules.change(OPEN)
  await store.arrange(never)
  t.same(wholeTables(place), [], 'once all documents are for everybody again')
})
