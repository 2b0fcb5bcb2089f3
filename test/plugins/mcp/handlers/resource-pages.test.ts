// Several lists of resources are read as one, and those that hang cost the time of one. Pages as clients see them are tested in
// test/plugins/mcp/handlers/resources.test.ts.
import t from 'tap'
import { listPage, type ListPage } from '../../../../plugins/mcp/handlers/resource-pages.ts'

const named = (name: string, next?: string) => ({ resources: [{ uri: `a://${name}`, name }], next })
const names = ({ resources }: Awaited<ReturnType<typeof listPage>>) => resources.map(({ name }) => name)

t.test('several that hang cost the time of one, and stay in order (UP-23)', async (t) => {
  const cursors: unknown[] = []
  const hanging: ListPage = (cursor) => {
    cursors.push(cursor)
    return new Promise((resolve) => { setTimeout(() => resolve({ resources: [] }), 1_500) })
  }
  const startedAt = performance.now()
  const page = await listPage(
    [async () => named('first'), hanging, hanging, hanging, async () => named('last')], undefined
  )
  t.same(names(page), ['first', 'last'])
  t.ok(performance.now() - startedAt < 3_000, 'not the sum of them')
  t.same(cursors, [undefined, undefined, undefined], 'each is asked once, from its beginning')
})

t.test('one that is fast has no other asked that the page does not need; what failed ahead is said only where it is needed', async (t) => {
  let asked = 0
  const failing: ListPage = async () => {
    asked++
    throw new Error('is down')
  }
  const slow: ListPage = (cursor) => new Promise((resolve) => { setTimeout(() => resolve(named('slow', `${cursor}+`)), 700) })
  const page = await listPage([async () => named('fast', 'more'), failing], undefined)
  t.same([names(page), asked], [['fast'], 0])
  const { nextCursor } = await listPage([slow, failing], undefined)
  t.equal(asked, 1, 'asked meanwhile, and not needed')
  t.same(names(await listPage([slow, failing], nextCursor)), ['slow'])
  await t.rejects(
    listPage([async () => named('fast'), failing], undefined), { message: 'is down' }
  )
})
