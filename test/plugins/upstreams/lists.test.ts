// When the lists of an upstream are read again, and what is said where it refuses them.
import { mock } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import type { UpstreamSettings } from '../../../config/upstreams.ts'
import { UpstreamError } from '../../../plugins/upstreams/contract.ts'
import { Lists, type ListsOptions } from '../../../plugins/upstreams/lists.ts'
import { settingsOf } from '../../helpers/memory-upstream.ts'

const NOTHING = { tools: [], prompts: [], templates: [], hasResources: false, uris: [] }

/** Lists that are others each time they are read. `after` a pause: how often that was. */
function counted (settings = settingsOf()) {
  let read = 0
  const lists = new Lists({
    settings,
    connection: async () => ({}),
    readCatalogue: async () => ({ ...NOTHING, instructions: `read ${++read}` }),
    remembered: { load: async () => undefined, store: async () => {} },
    log: { info () {} },
    onChange () {}
  } as unknown as ListsOptions)
  const after = async (pause: number) => {
    mock.timers.tick(pause)
    for (let turn = 0; turn < 5; turn++) await nextTurn()
    return read
  }
  return { lists, after }
}

t.test('some changes in a row are read at once, and more with growing pauses', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { lists, after } = counted()
  t.teardown(() => lists.close())
  const change = (pause: number) => {
    lists.lookSoon()
    lists.lookSoon()
    return after(pause)
  }
  for (let number = 1; number <= 6; number++) t.equal(await change(500), number)
  t.equal(await change(500), 6)
  t.equal(await change(500), 7)
  t.equal(await change(1_000), 7)
  t.equal(await change(1_000), 8)
})

t.test('why it refuses its lists is logged in one short line, without secrets that it repeats (UH-06)', async (t) => {
  const said: string[] = []
  const lists = new Lists({
    settings: settingsOf({ secrets: ['s3cret-key'] }),
    connection: async () => ({}),
    readCatalogue: async () => {
      const rest = 'x'.repeat(10_000)
      throw new Error(`wrong key s3cret-key\n${rest}`)
    },
    log: {
      error: (line: string) => said.push(line)
    }
  } as unknown as ListsOptions)
  t.teardown(() => lists.close())
  await lists.look()
  t.match(said, [/does not answer: wrong key \[secret\] x+$/])
  t.ok(said[0]!.length < 600)
})

t.test('what failed is read again later; a program is not started for lists that are known', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const server = { kind: 'http', url: 'http://crm.test' } as UpstreamSettings['target']
  for (const [settings, again] of [[settingsOf({ target: server }), 2], [settingsOf(), 1]] as const) {
    const { lists, after } = counted(settings)
    const later = () => {
      lists.lookLater()
      return after(60_000)
    }
    await lists.look()
    t.equal(await later(), again)
    lists.close()
    t.equal(await later(), again, 'nor once it is closed')
  }
})

t.test('what is reached over HTTP is read again with its next use, after five minutes or where it was away (UC-22)', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const { now } = performance
  let ms = 0
  performance.now = () => ms
  t.teardown(() => {
    mock.timers.reset()
    performance.now = now
  })
  const { lists, after } = counted(
    settingsOf({ target: { kind: 'http', url: 'http://localhost/', headers: {} } })
  )
  t.teardown(() => lists.close())
  await lists.look()
  const use = (at: number) => {
    ms = at
    lists.used()
    return after(500)
  }
  t.equal(await use(299_999), 1)
  t.equal(await use(300_000), 2)
  t.equal(await use(300_001), 2)
  lists.wasAway()
  t.equal(await use(300_002), 3)
  const { lists: ofProcess, after: later } = counted()
  t.teardown(() => ofProcess.close())
  ofProcess.used()
  t.equal(await later(500), 0, 'a process tells, or is another one')
})

t.test('lists are read once more where the connection ended before the question was sent, and only then', async (t) => {
  const ended = (wasSent: boolean) => new UpstreamError('crm', 'ended', 'gone', { wasSent })
  for (const [faults, connections, dropped] of [
    [[], 1, 0],
    [[ended(false)], 2, 1],
    [[ended(true)], 1, 1],
    [[ended(false), ended(false)], 2, 2],
    [[ended(false), ended(true)], 2, 2],
    [[new UpstreamError('crm', 'timeout', 'slow', { wasSent: false })], 1, 0],
    [[new Error('odd')], 1, 0]
  ] as Array<[Error[], number, number]>) {
    const counts = { opened: 0, dropped: 0 }
    const left = [...faults]
    const lists = new Lists({
      settings: settingsOf(),
      connection: async () => ({ number: ++counts.opened }),
      drop: () => { counts.dropped++ },
      readCatalogue: async () => {
        const fault = left.shift()
        if (fault) throw fault
        return NOTHING
      },
      remembered: { load: async () => undefined, store: async () => {} },
      log: { info () {}, error () {} },
      onChange () {}
    } as unknown as ListsOptions)
    await lists.look()
    lists.close()
    t.same(
      counts,
      { opened: connections, dropped },
      faults.map((fault) => JSON.stringify(fault)).join()
    )
  }
})

t.test('what was seen before and cannot be read is logged, and the lists are asked for all the same', async (t) => {
  const warned: unknown[][] = []
  const lists = new Lists({
    settings: settingsOf(),
    connection: async () => ({}),
    readCatalogue: async () => ({ ...NOTHING, instructions: 'new' }),
    remembered: { load: async () => { throw new Error('damaged') }, store: async () => {} },
    log: { info () {}, warn: (...line: unknown[]) => warned.push(line) },
    onChange () {}
  } as unknown as ListsOptions)
  t.teardown(() => lists.close())
  await lists.start()
  await lists.looked
  t.match(warned, [[{ err: { message: 'damaged' } }, /could not be read/]])
  t.equal(lists.catalogue.instructions, 'new')
})
