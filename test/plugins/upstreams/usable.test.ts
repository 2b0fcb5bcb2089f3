// Which existing servers the pages name for an app: those that offer its person something within its scopes.
import t from 'tap'
import { ALL_RIGHTS, type Rights } from '../../../plugins/access-rules/contract.ts'
import { createCallerTurns } from '../../../plugins/caller-turns.ts'
import { createOwnTurns, createTurnsOf } from '../../../plugins/in-turns.ts'
import { usableOnPage, usableUpstreams as usableIn } from '../../../plugins/upstreams/usable.ts'
import { shownUpstreams } from '../../helpers/shown-upstreams.ts'

const upstreams = shownUpstreams([
  { name: 'files', tools: ['files_read'] },
  { name: 'crm', tools: ['crm_add'], scopes: ['mcp:write'] },
  { name: 'wiki', uris: ['wiki://home'] },
  { name: 'new' }
])
const BOTH = ['mcp:read', 'mcp:write']
const ownTurn = createOwnTurns()
const usableUpstreams = (all: typeof upstreams, rights: Rights, scopes: string[]) =>
  usableIn(all, rights, scopes, createTurnsOf(ownTurn))

t.test('all that offer something within the scopes of the app, in the order of the file', async (t) => {
  t.same(await usableUpstreams(upstreams, ALL_RIGHTS, BOTH), ['files', 'crm', 'wiki', 'new'])
  t.same(await usableUpstreams(upstreams, ALL_RIGHTS, ['mcp:read']), ['files', 'wiki', 'new'])
})

t.test('none of which the rules give nothing; one of which they give a single tool or resource', async (t) => {
  const none: Rights = { ...ALL_RIGHTS, may: () => false, mayOf: () => false }
  t.same(await usableUpstreams(upstreams, none, BOTH), [])
  const given = ['crm_add', 'wiki://home']
  const some: Rights = {
    ...none,
    mayOf: (_upstream, _kind, ...names) => names.some((name) => given.includes(name))
  }
  t.same(await usableUpstreams(upstreams, some, BOTH), ['crm', 'wiki'])
  const byName: Rights = {
    ...none,
    may: (kind, name) => kind === 'upstreams' && name === 'new'
  }
  t.same(await usableUpstreams(upstreams, byName, BOTH), ['new'])
})

t.test('a prompt or a template counts for an app that reads, within the rules', async (t) => {
  const [first] = upstreams.all
  const nothing = { ...first!.catalogue, tools: [] }
  const named = (name: string, catalogue: object) =>
    ({ ...first!, settings: { ...first!.settings, name }, catalogue: { ...nothing, ...catalogue } })
  const all = {
    all: [
      named('asks', { prompts: [{ name: 'asks_p' }] }),
      named('mail', {
        hasResources: true,
        templates: [{ name: 'one', uriTemplate: 'mail://{id}' }]
      })
    ]
  } as typeof upstreams
  t.same(await usableUpstreams(all, ALL_RIGHTS, ['mcp:write']), [])
  for (const [given, kind, name] of [
    ['asks_p', 'prompts', 'asks'], ['one', 'resources', 'mail'], ['mail://{id}', 'resources', 'mail']
  ] as const) {
    const mayOf: Rights['mayOf'] = (_upstream, asked, ...names) => asked === kind && names.includes(given)
    const rights: Rights = { ...ALL_RIGHTS, may: () => false, mayOf }
    t.same(await usableUpstreams(all, rights, ['mcp:read']), [name])
  }
})

t.test('others have a turn while rules are asked about thousands of things that somebody may not use (UC-12)', async (t) => {
  const uris = Array.from({ length: 1_000 }, (_, number) => `wiki://${number}`)
  const large = shownUpstreams(['a', 'b'].map((name) => ({ name, uris })))
  const { now } = performance
  let [ms, asked, most, isDone] = [0, 0, 0, false]
  performance.now = () => ms
  const nextTurn = () => {
    asked = 0
    if (!isDone) setImmediate(nextTurn)
  }
  t.teardown(() => {
    isDone = true
    performance.now = now
  })
  nextTurn()
  const none: Rights = {
    ...ALL_RIGHTS,
    may: () => false,
    mayOf () {
      ms += 0.1
      most = Math.max(most, ++asked)
      return false
    }
  }
  for (const found of await Promise.all(Array.from({ length: 5 }, () => usableUpstreams(large, none, BOTH)))) {
    t.same(found, [])
  }
  t.ok(most <= 100, `${most} of 10,000 in one turn`)
})

t.test('on one page those with the same rights and scopes are asked about once (UC-12)', async (t) => {
  let asked = 0
  const none: Rights = { ...ALL_RIGHTS, key: 'none', may: () => false, mayOf: () => Boolean(asked++ && false) }
  const usable = usableOnPage(upstreams, () => undefined)
  t.same(await usable(none, BOTH), [])
  const once = asked
  t.same(await usable(none, BOTH), [])
  t.equal(asked, once)
  t.same(await usable(ALL_RIGHTS, ['mcp:read']), ['files', 'wiki', 'new'])
})

t.test('whoever opens a page does not wait for hundreds of pages of somebody else (UC-12)', async (t) => {
  const uris = Array.from({ length: 2_000 }, (_, number) => `wiki://${number}`)
  const { now } = performance
  let [ms, asked] = [0, 0]
  performance.now = () => ms
  t.teardown(() => { performance.now = now })
  const none: Rights = {
    ...ALL_RIGHTS,
    may: () => false,
    mayOf () {
      ms += 0.1
      asked++
      return false
    }
  }
  const turns = createCallerTurns()
  const page = (person: string, all: typeof upstreams) =>
    usableIn(all, none, BOTH, createTurnsOf(() => turns.next(person)))
  const large = shownUpstreams([{ name: 'a', uris }])
  const many = Promise.all(Array.from({ length: 20 }, () => page('ann', large)))
  await page('bob', upstreams)
  t.ok(asked < 300, `after ${asked} questions`)
  await many
})
