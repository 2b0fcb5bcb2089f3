// Each document of the library as a resource: read, listed in pages, completed.
import t from 'tap'
import documents, { documentUri } from '../../resources/documents.ts'
import { listPage, type ListPage } from '../../plugins/mcp/handlers/resource-pages.ts'
import { toolContexts } from '../helpers/tool-context.ts'

const names = Array.from({ length: 51 }, (_, index) => `d${String(index).padStart(2, '0')}.md`)
const context = (
  await toolContexts(t, {
    ...Object.fromEntries(names.map((name) => [name, `# ${name}\n\ntext`])),
    'a b/ü#1.md': '# Odd',
    'long.md': 'A walnut tree. '.repeat(40_000)
  })
)(null)

t.test('an id is a URI whatever is in it, and the folder\'s neighbours are not found', async (t) => {
  t.equal(documentUri('a b/ü#1.md'), 'library://documents/a%20b/%C3%BC#1.md')
  t.match(await documents.read({ id: 'a b/ü#1.md' }, context), /Odd/)
  for (const id of ['none.md', '../secret.md', '/etc/passwd', '']) t.equal(await documents.read({ id }, context), undefined, id)
})

t.test('a long one is cut, and says how to read on', async (t) => {
  const text = (await documents.read({ id: 'long.md' }, context)) as string
  t.ok(text.length < 500_200)
  t.match(
    text,
    /\n\n\[The beginning of a long document\. To read on, call fetch with the id "long\.md#part=\d+"\.\]$/
  )
})

t.test('pages of fifty hold every document once', async (t) => {
  const seen: string[] = []
  let cursor: string | undefined
  let pages = 0
  do {
    const { resources, next } = await documents.list!(cursor, context)
    seen.push(...resources.map(({ values }) => values['id'] as string))
    cursor = next
    pages++
  } while (cursor !== undefined)
  t.equal(pages, 2)
  t.same(seen.toSorted(), [...names, 'a b/ü#1.md', 'long.md'].toSorted())
  t.same(await documents.complete!['id']!('d5', context), ['d50.md'])
})

t.test('the list goes on behind a document whose path is as long as a path may be (LB-37)', async (t) => {
  // Two bytes each, in names of 240.
  const deep = `${'ü'.repeat(120)}/`.repeat(14)
  const files = Object.fromEntries(names.map((name) => [`${deep}${name}`, `# ${name}`]))
  const context = (await toolContexts(t, { ...files, 'z.md': '# Last' }))(null)
  const list: ListPage = async (cursor) => {
    const { resources, next } = await documents.list!(cursor, context)
    return { resources: resources.map(({ name }) => ({ uri: name, name })), next }
  }
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await listPage([list], cursor)
    seen.push(...page.resources.map(({ name }) => name))
    cursor = page.nextCursor
  } while (cursor !== undefined)
  t.same(seen.toSorted(), [...Object.keys(files), 'z.md'].toSorted())
})
