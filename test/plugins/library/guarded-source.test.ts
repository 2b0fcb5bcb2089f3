// A further source as the library asks it: unable to spoil a search.
import t from 'tap'
import type { LibrarySource } from '../../../authoring/source.ts'
import { guardSource } from '../../../plugins/library/guarded-source.ts'
import searchTool from '../../../tools/search.ts'
import { toolContexts } from '../../helpers/tool-context.ts'

const working: LibrarySource = {
  name: 'good',
  search: async () => [{ id: 'a/b c', title: 'A walnut', snippet: 'a walnut' }],
  fetch: async () => undefined
}

t.test(
  'a source that fails, hangs or answers wrongly spoils no search, and its documents do not look as if they were gone',
  async (t) => {
    // The timer of AbortSignal.timeout alone keeps no process alive.
    const alive = setInterval(() => {}, 1_000)
    t.teardown(() => clearInterval(alive))
    const never = () => new Promise<never>(() => {})
    const bad: Record<string, Partial<LibrarySource>> = {
      fails: {
        search: async () => {
          throw new Error('password=hunter2')
        },
        fetch: async () => {
          throw new Error('password=hunter2')
        }
      },
      odd: { search: async () => [{ id: 1 }] as never, fetch: async () => ({ title: 'no text' }) as never },
      facts: {
        search: async () => [{ id: 'x', title: 'x' }] as never,
        fetch: async () => ({ title: 'x', text: 'x', metadata: 'no facts' }) as never
      },
      script: {
        search: async () => [{ id: 'x', title: 'x', snippet: 'walnut', url: 'javascript:alert(1)' }],
        fetch: async () => ({ title: 'x', text: 'x', url: 'file:///etc/passwd' })
      },
      hangs: { search: never, fetch: never }
    }
    const warned: string[] = []
    const log = {
      warn: (...[, message]: unknown[]) => {
        warned.push(String(message))
      }
    }
    for (const [name, source] of Object.entries(bad)) {
      const guarded = guardSource({ name, ...source } as LibrarySource, log, 20)
      t.same(await guarded.search('walnut', { user: null, limit: 5, signal: undefined }), [], name)
      await t.rejects(
        guarded.fetch(`${name}:x`, { user: null, signal: undefined }),
        { name: 'ToolError', message: /could not be read just now/ },
        name
      )
    }
    const address = (length: number) => 'https://a.example/'.padEnd(length, 'x')
    for (const [length, hits] of [[4_000, 1], [4_001, 0]] as const) {
      const hit = { id: 'x', title: 'x', snippet: 'x', url: address(length) }
      const source = guardSource({ ...working, search: async () => [hit] }, { warn () {} })
      const found = await source.search('x', { user: null, limit: 5, signal: undefined })
      t.equal(found.length, hits, `an address of ${length} characters`)
    }
    t.equal(warned.length, 2 * Object.keys(bad).length)
    const gone = AbortSignal.abort(new Error('gone'))
    await t.rejects(
      guardSource({ name: 'hangs', search: never, fetch: never }, log).search('x', {
        user: null,
        limit: 1,
        signal: gone
      }),
      /gone/
    )

    const sources = [working, ...['fails', 'odd', 'script'].map((name) => ({ name, ...bad[name] }) as LibrarySource)]
    const tool = (await toolContexts(t, { 'a.md': 'walnut' }, { sources }))(null)
    t.same(
      (await searchTool.run({ query: 'walnut' }, tool)).results.map(({ id }) => id),
      ['a.md', 'good:a/b c']
    )
  }
)

t.test('what a source answers is cut to what the server has time for, whoever wrote it there (BW-13)', async (t) => {
  const long = 'walnut and '.repeat(600_000)
  const facts = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`fact${index}`, 'x'.repeat(5_000)]))
  const source: LibrarySource = {
    name: 'wiki',
    search: async () => Array.from({ length: 10_000 }, (_, index) => ({ id: `${index}`, title: long, snippet: long })),
    fetch: async () => ({ title: long, text: long, metadata: facts })
  }
  const guarded = guardSource(source, { warn: () => t.fail('it fails') })
  const asked = { user: null, signal: undefined }
  const hits = await guarded.search('walnut', { ...asked, limit: 5 })
  t.equal(hits.length, 5)
  for (const { title, snippet } of hits) t.ok(title.length <= 200 && snippet.length <= 1_000)
  const { title, text, metadata } = (await guarded.fetch('wiki:x', asked))!
  t.ok(title.length <= 200 && text.length <= 5 * 1024 * 1024 && text.startsWith('walnut'))
  t.equal(Object.keys(metadata!).length, 50)
  t.ok(Object.values(metadata!).every(({ length }) => length <= 1_000))
})

t.test('an address of megabytes, which takes long to take apart, is refused for its length (LB-36)', async (t) => {
  const url = `https://a.example/${'é'.repeat(1_000_000)}`
  const hit = (index: number) => ({ id: `${index}`, title: 'x', snippet: 'x', url })
  const source: LibrarySource = {
    name: 'wiki',
    search: async () => Array.from({ length: 50 }, (_, index) => hit(index)),
    fetch: async () => ({ ...hit(0), text: 'x' })
  }
  const guarded = guardSource(source, { warn () {} })
  const before = process.cpuUsage()
  t.same(await guarded.search('x', { user: null, signal: undefined, limit: 50 }), [])
  await t.rejects(guarded.fetch('wiki:0', { user: null, signal: undefined }))
  const { user, system } = process.cpuUsage(before)
  t.ok((user + system) / 1000 < 500, `${(user + system) / 1000} ms, where it was more than a second`)
})

t.test('who has gone is told so, without a line of the log; an answer that is no list is none', async (t) => {
  const warned: unknown[] = []
  const log = { warn: (...line: unknown[]) => { warned.push(line) } }
  const asked = (signal?: AbortSignal) => ({ user: null, limit: 5, signal })
  const leaving = new AbortController()
  const hang = () => {
    leaving.abort(new Error('gone'))
    return new Promise<never>(() => {})
  }
  const hangs = guardSource({ name: 'hangs', search: hang, fetch: hang }, log, 5_000)
  await t.rejects(hangs.search('x', asked(leaving.signal)), {
    message: 'gone'
  })
  await t.rejects(hangs.fetch('hangs:x', asked(leaving.signal)), {
    message: 'gone'
  })
  t.same(warned, [])
  const odd = guardSource({ ...working, search: async () => ({ id: 'x' }) as never }, log)
  t.same(await odd.search('x', asked()), [])
  t.match(warned, [[{ source: 'good' }, 'a source could not be searched']])
})
