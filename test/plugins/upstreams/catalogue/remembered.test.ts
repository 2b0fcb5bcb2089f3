// The lists of an upstream as they were last seen: stored, arranged by the settings of today, and compared.
import t from 'tap'
import type { UpstreamSettings } from '../../../../config/upstreams.ts'
import { createRemembered } from '../../../../plugins/upstreams/catalogue/remembered.ts'
import { readCatalogue } from '../../../../plugins/upstreams/catalogue/read.ts'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'
import { eachStorage } from '../../../helpers/each-storage.ts'
import { connectionTo, operatorLog, schema, settingsOf } from './upstream.ts'

const NOW = 1_000_000_000
const now = () => NOW
const tool = (name: string, description = '') => ({ name, description, inputSchema: schema })
const read = (tools: object[], settings = settingsOf()) =>
  readCatalogue(
    connectionTo(
      {
        'tools/list': [{ tools }],
        'prompts/list': [{ prompts: [{ name: 'p' }] }],
        'resources/templates/list': [
          { resourceTemplates: [{ name: 'r', uriTemplate: 'crm://{id}' }] }
        ]
      },
      { instructions: 'Be kind.' }
    ),
    settings,
    operatorLog()
  )

eachStorage('what was seen last is there again after a restart', async (t, open) => {
  const log = operatorLog()
  const catalogue = await read([
    { ...tool('find'), annotations: { readOnlyHint: true } }
  ])
  const start = async () => createRemembered(await open(now), now, log)
  t.equal(await (await start()).load(settingsOf()), undefined)
  await (await start()).store(settingsOf(), catalogue)
  const again = await start()
  t.same(await again.load(settingsOf()), catalogue)
  t.equal((await again.lastSeen(settingsOf()))?.at, NOW)
  t.same(log.lines, [])
  t.same(await again.changes(['crm']), [])
})

t.test('lists that stay the same are written again after a week', async (t) => {
  let time = NOW
  let writes = 0
  let record: unknown
  const records = {
    find: async () => record,
    async update (_id: string, decide: (found: unknown) => { write: { record: unknown }; result: unknown }) {
      const { write, result } = decide(record)
      record = write.record
      writes++
      return result
    }
  }
  const storage = { collection: () => records } as never
  const remembered = createRemembered(storage, () => time, operatorLog())
  const catalogue = await read([tool('find')])
  for (const [days, expected] of [[0, 1], [6, 1], [7, 2], [8, 2]] as const) {
    time = NOW + days * 86_400
    await remembered.store(settingsOf(), catalogue)
    t.equal(writes, expected, `after ${days} days`)
  }
})

eachStorage('a change is logged with both texts, once for all instances, and kept (UC-07)', async (t, open) => {
  const logs = [operatorLog(), operatorLog()]
  const instances = await Promise.all(
    logs.map(async (log) => createRemembered(await open(now), now, log))
  )
  const [one, other] = instances
  await one!.store(settingsOf(), await read([tool('find', 'Finds.')]))
  const changed = await read([tool('find', 'Finds, and sends.')])
  await Promise.all(
    instances.map((instance) => instance.store(settingsOf(), changed))
  )
  t.same(logs.flatMap(({ lines }) => lines), [
    'upstream crm: the description of its tool "find" changed ' +
      'since it was last seen; before: "Finds."; now: "Finds, and sends.".'
  ])
  const expected = {
    at: NOW,
    upstream: 'crm',
    tool: 'find',
    what: 'description',
    before: 'Finds.',
    after: 'Finds, and sends.'
  }
  t.same(await other!.changes(['files', 'crm']), [expected])
  t.same(await other!.changes(['files']), [])
})

eachStorage('the settings of today decide what is listed of yesterday', async (t, open) => {
  const remembered = createRemembered(await open(now), now, operatorLog())
  const claims = { ...tool('drop'), annotations: { readOnlyHint: true } }
  await remembered.store(settingsOf(), await read([tool('find'), claims]))
  const load = async (more: Partial<UpstreamSettings>) => {
    const catalogue = await remembered.load(settingsOf(more))
    return catalogue?.tools.map(({ name, scopes }) => [name, ...scopes])
  }
  t.same(await load({ prefix: 'x_' }), [
    ['x_find', 'mcp:write'],
    ['x_drop', 'mcp:read']
  ])
  t.same(await load({ deny: ['drop'] }), [['crm_find', 'mcp:write']])
  t.same(
    await load({
      allow: ['drop'],
      annotations: [['*', { readOnlyHint: false }]]
    }),
    [['crm_drop', 'mcp:write']]
  )
})

eachStorage('another target is another server, and a secret is no part of it', async (t, open) => {
  const remembered = createRemembered(await open(now), now, operatorLog())
  const http = (url: string, secrets: string[], headers = {}) =>
    settingsOf({ target: { kind: 'http', url, headers }, secrets })
  const before = http('https://a.internal/?key=one', ['one'])
  await remembered.store(before, await read([tool('find')]))
  const same = http('https://a.internal/?key=two', ['two'], { x: 'y' })
  t.ok(await remembered.load(same))
  const other = http('https://b.internal/?key=two', ['two'])
  t.equal(await remembered.load(other), undefined)
})

eachStorage('of changes the last hundred are kept, and new tools push out no text', async (t, open) => {
  const remembered = createRemembered(await open(now), now, operatorLog())
  const many = (from: number) =>
    Array.from({ length: 300 }, (_, index) => tool(`t${from + index}`))
  for (const tools of [
    [tool('find', 'one')],
    [tool('find', 'two'), ...many(0)],
    [tool('find', 'two'), ...many(300)]
  ]) {
    await remembered.store(settingsOf(), await read(tools))
  }
  const changes = await remembered.changes(['crm'])
  t.equal(changes.length, 101)
  const texts = changes.filter(({ what }) => what === 'description')
  t.same(texts.map(({ after }) => after), ['two'])
})

t.test('storage that does not answer is said, and stops nothing', async (t) => {
  const fail = async () => {
    throw new StorageUnavailable('it is down')
  }
  const collection = () => ({ find: fail, update: fail })
  const log = operatorLog()
  const remembered = createRemembered({ collection } as never, now, log)
  t.equal(await remembered.load(settingsOf()), undefined)
  await remembered.store(settingsOf(), await read([tool('find')]))
  t.match(log.lines, [
    /cannot be read: it is down/,
    /cannot be stored: it is down/
  ])
  await t.rejects(remembered.changes(['crm']), StorageUnavailable)
})

t.test('a fault of our own is not said to be one of the storage', async (t) => {
  const broken = async () => { throw new TypeError('a fault') }
  const log = operatorLog()
  const remembered = createRemembered({ collection: () => ({ find: broken, update: broken }) } as never, now, log)
  await t.rejects(remembered.load(settingsOf()), TypeError)
  await t.rejects(remembered.store(settingsOf(), await read([tool('find')])), TypeError)
  t.same(log.lines, [])
})

t.test('lists that are too large are not stored, which the operator is told once', async (t) => {
  const touch = async () => { throw new Error('it is read or written') }
  const storage = { collection: () => ({ find: touch, update: touch }) } as never
  const log = operatorLog()
  const remembered = createRemembered(storage, now, log)
  const large = { ...await read([]), instructions: 'x'.repeat(8 * 1024 * 1024) }
  for (let time = 0; time < 2; time++) await remembered.store(settingsOf(), large)
  t.match(log.lines, [/crm: its lists are too large to be stored/])
  t.equal(log.lines.length, 1)
})
