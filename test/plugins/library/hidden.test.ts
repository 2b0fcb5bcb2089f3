// What a library answers to somebody from whom documents are hidden: the same, to the byte, as one in which they do not
// exist.
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { defineSource } from '../../../authoring/source.ts'
import { fill, folder, openHouse, documentUrl } from '../../helpers/tool-context.ts'
import { changingRules, hiddenDocuments, OPEN, questions, RULES, seenDocuments } from './hidden-documents.ts'
import { pdf } from './formats/pdf-file.ts'

type Rules = ReturnType<typeof changingRules>

const filesOf = (documents: typeof seenDocuments) => Object.fromEntries(documents.map(({ id, text }) => [id, text]))

/** Files that are left out, with reasons, and names that macOS decomposes. */
const SEEN_FILES = {
  ...filesOf(seenDocuments),
  'public/empty.docx': 'no archive',
  ['public/café.md'.normalize('NFD')]: 'café'
}
const HIDDEN_FILES = {
  ...filesOf(hiddenDocuments),
  'finance/locked.docx': 'no archive',
  'finance/locked.xlsx': 'no archive',
  ['finance/résumé.md'.normalize('NFD')]: 'The résumé of the merger.',
  'finance/report.pdf': pdf(['BT /F 12 Tf 20 200 Td (The merger report) Tj ET'])
}
const HIDDEN_IDS = Object.keys(HIDDEN_FILES)

/** A source that knows documents of both kinds. */
const source = (hidden: boolean) =>
  defineSource({
    name: 'wiki',
    search: async (query, { limit }) =>
      ['finance/a', ...Array.from({ length: 20 }, (_, at) => `${at}`)]
        .filter((id) => hidden || !id.startsWith('finance'))
        .slice(0, limit)
        .map((id) => ({ id, title: `Page ${id}`, snippet: query.slice(0, 20) })),
    fetch: async (id) => (hidden || !id.startsWith('finance') ? { title: id, text: 'text' } : undefined)
  })

const SOURCE_RULES = { ...RULES, rules: [{ who: ['everyone'], documents: ['!wiki:finance/**'] }, ...RULES.rules] }

async function openLibrary (t: Test, rules: Rules, files: Record<string, string | Buffer>, hidden: boolean) {
  const docs = await folder(t)
  await fill(docs, files)
  for (const id of Object.keys(files)) await utimes(join(docs, id), 1_700_000_000, 1_700_000_000)
  const { app, dataDir } = await openHouse(t, docs, { accessRules: rules, sources: [source(hidden)] })
  await app.library.ready
  return { docs, dataDir, library: app.library }
}

type Opened = Awaited<ReturnType<typeof openLibrary>>

/** The ids of hidden documents, in every spelling that leads to a document. */
const spellingsOf = (id: string): string[] => {
  const encoded = id.split('/').map(encodeURIComponent).join('/')
  return [
    id,
    id.normalize('NFC'),
    id.normalize('NFD'),
    encoded,
    documentUrl(encoded),
    `/documents/${id}`,
    `/${id}`,
    `${id}#part=1`
  ]
}

/** Everything that somebody can ask. */
async function askAll ({ library }: Opened, rules: Rules, asked: readonly string[], groups: string[]): Promise<Map<string, unknown>> {
  const rights = rules.rightsOf(...groups)
  const mine = library.of(null, rights)
  const answers = new Map<string, unknown>()
  for (const question of asked) answers.set(`search ${question}`, await mine.search(question))
  for (const id of [...HIDDEN_IDS, 'public/café.md', 'wiki:finance/a', 'finance/none.md'].flatMap(spellingsOf)) {
    answers.set(`fetch ${id}`, await mine.fetch(id))
    answers.set(`part ${id}`, await mine.fetch(id, { part: 2 }))
    answers.set(`read ${id}`, await mine.read(id, { maxCharacters: 100 }))
  }
  for (const prefix of ['', 'f', 'finance', 'finance/', 'p', 'public/2', 'team/', 'z']) {
    for (const after of [undefined, 'finance/30.md', 'public/1.md', 'g']) {
      answers.set(`list ${prefix} after ${after}`, await mine.list({ prefix, after, limit: 7 }))
    }
  }
  answers.set('unread', mine.unread?.())
  answers.set('left out', library.leftOutLine(rights))
  answers.set('count', await library.count(rights))
  for (const id of ['finance/report.pdf', 'finance/none.pdf']) answers.set(`file ${id}`, await library.file(id, rights))
  return answers
}

async function sameAnswers (t: Test, opened: [Opened, Opened], rules: Rules, asked: readonly string[]) {
  for (const groups of [[], ['team']]) {
    const [one, other] = [await askAll(opened[0], rules, asked, groups), await askAll(opened[1], rules, asked, groups)]
    const different = [...one].filter(([question, answer]) => JSON.stringify(answer) !== JSON.stringify(other.get(question)))
    t.same(different, [], `groups: ${groups.join() || 'none'}`)
  }
}

t.test('nothing that can be asked tells a hidden document from one that does not exist (AR-20)', async (t) => {
  const rules = changingRules(SOURCE_RULES)
  const one = await openLibrary(t, rules, { ...SEEN_FILES, ...HIDDEN_FILES }, true)
  const other = await openLibrary(t, rules, SEEN_FILES, false)
  await sameAnswers(t, [one, other], rules, questions.filter((_, at) => at % 3 === 0))

  const theirs = one.library.of(null, rules.rightsOf('finance'))
  t.equal((await theirs.fetch('finance/résumé.md'))?.text, 'The résumé of the merger.', 'who may see them reads them')
  t.match(await theirs.search('severance'), [{ id: /^finance/ }])
  t.match(one.library.leftOutLine(rules.rightsOf('finance')), /3 left out/)
  const file = await one.library.file('finance/report.pdf', rules.rightsOf('finance'))
  file?.stream.destroy()
  t.ok(file)
  t.equal(one.library.leftOut().length, 3, 'the operator sees all')
  t.ok((await one.library.count()) > (await one.library.count(rules.rightsOf())))
})

t.test('a change of the rules counts at once, before any document has moved, and after (AR-21)', async (t) => {
  const rules = changingRules(OPEN)
  const one = await openLibrary(t, rules, { ...SEEN_FILES, ...HIDDEN_FILES }, false)
  const before = one.library.of(null, rules.rightsOf())
  t.ok(await before.fetch('finance/1.md'))
  rules.change(RULES)
  const now = one.library.of(null, rules.rightsOf())
  const found = now.search('severance merger', { limit: 50 })
  t.equal(await now.fetch('finance/1.md'), undefined)
  t.same((await now.list({ prefix: 'finance' })).documents, [])
  t.same((await found).filter(({ id }) => id.startsWith('finance')), [])
  t.equal(await one.library.count(rules.rightsOf()), Object.keys(SEEN_FILES).filter((id) => /^public.*md$/.test(id)).length)
  t.ok(await one.library.of(null, rules.rightsOf('finance')).fetch('finance/1.md'))

  const finance = one.library.of(null, rules.rightsOf('finance'))
  while ((await finance.search('severance')).length === 0) await setTimeout(20)
  t.same((await now.search('severance merger', { limit: 50 })).filter(({ id }) => id.startsWith('finance')), [])
  rules.change(OPEN)
  t.ok(await one.library.of(null, rules.rightsOf()).fetch('finance/1.md'), 'and it is there again')
})
