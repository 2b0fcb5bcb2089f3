// What a person can take away from what an app asks for: from the tools and the rules, never from the form or the app.
import t from 'tap'
import { english } from '../../../languages/index.ts'
import { ALL_RIGHTS, type Rights } from '../../../plugins/access-rules/contract.ts'
import { Parameters } from '../../../plugins/oauth/parameters.ts'
import { choiceOf, describeLess, takeAway } from '../../../plugins/oauth/less.ts'

const BOTH = ['mcp:read', 'mcp:write', 'offline_access']
const read = { name: 'search', title: 'Search', scopes: ['mcp:read' as const] }
const write = { name: 'delete_note', title: 'Delete a note', scopes: ['mcp:write' as const], aliases: ['remove_note'] }
const open = { name: 'ping', title: 'Ping', scopes: ['mcp:write' as const], noauth: true }
const tools = [read, write, open]
const namesOf = ({ tools }: ReturnType<typeof choiceOf>) => tools.map(({ name }) => name)

t.test('the list holds what the person may use, within the scopes asked for', async (t) => {
  t.same(namesOf(choiceOf(BOTH, tools, ALL_RIGHTS)), ['search', 'delete_note', 'ping'])
  t.same(namesOf(choiceOf(['mcp:read'], tools, ALL_RIGHTS)), ['search', 'ping'])
  const asked: string[] = []
  const rights: Rights = {
    ...ALL_RIGHTS,
    may: (kind, ...names) => {
      asked.push(`${kind} ${names}`)
      return names.includes('search')
    }
  }
  t.same(namesOf(choiceOf(BOTH, tools, rights)), ['search'])
  t.same(asked, ['tools search', 'tools delete_note', 'tools ping'], 'by their current names')
})

t.test('read only is a choice where an app asks for both reading and writing', async (t) => {
  t.match(choiceOf(BOTH, tools, ALL_RIGHTS), { readOnly: { isTicked: false } })
  for (const scopes of [['mcp:read'], ['mcp:write'], ['openid', 'mcp:read']]) {
    t.notOk('readOnly' in choiceOf(scopes, tools, ALL_RIGHTS), scopes.join(' '))
  }
})

t.test('a form takes away what is ticked and can add nothing, whatever it names (AZ-37)', async (t) => {
  const choice = choiceOf(BOTH, tools, ALL_RIGHTS)
  t.same(takeAway(new Parameters(''), choice, BOTH), { scopes: BOTH, declined: [], without: [] })
  t.same(takeAway(new Parameters('read_only=yes&without.search=yes'), choice, BOTH), {
    scopes: ['mcp:read', 'offline_access'],
    declined: ['mcp:write'],
    without: ['search']
  })
  const made = 'scope=mcp:admin&scopes=mcp:write&declined=&without=&without.unknown=yes&without.remove_note=yes&without.__proto__=yes'
  t.same(takeAway(new Parameters(made), choice, BOTH), { scopes: BOTH, declined: [], without: [] })
  const reader = choiceOf(['mcp:read'], tools, ALL_RIGHTS)
  t.same(
    takeAway(new Parameters('read_only=yes&without.delete_note=yes'), reader, ['mcp:read']),
    { scopes: ['mcp:read'], declined: [], without: [] },
    'what was not offered is ignored'
  )
  const many = Array.from({ length: 900 }, (_, index) => `without.t${index}=yes`).join('&')
  t.same(
    takeAway(new Parameters(many), choice, BOTH).without, [],
    'at most as many names as there are tools'
  )
})

t.test('the last choice is ticked again, also where a tool has another name now or is away', async (t) => {
  const last = { scopes: ['mcp:read'], declined: ['mcp:write'], without: ['remove_note', 'gone', 'search'] }
  const choice = choiceOf(BOTH, tools, ALL_RIGHTS, last)
  t.equal(choice.readOnly?.isTicked, true)
  t.same(choice.tools, [
    { name: 'search', title: 'Search', isTicked: true },
    { name: 'delete_note', title: 'Delete a note', isTicked: true },
    { name: 'ping', title: 'Ping', isTicked: false },
    { name: 'gone', title: 'gone', isTicked: true }
  ])
  t.same(
    namesOf(choiceOf(['mcp:read'], tools, ALL_RIGHTS, last)),
    ['search', 'delete_note', 'ping', 'gone'],
    'nothing that was left out is forgotten for being out of scope'
  )
  const asked = choiceOf(BOTH, tools, ALL_RIGHTS, { scopes: ['mcp:read'] })
  t.equal(asked.readOnly?.isTicked, false, 'an app that had asked for less was not given less')
})

t.test('words for what an app may not do, and not more of them than fit', async (t) => {
  t.same(describeLess(english, { scopes: BOTH }), [])
  t.same(describeLess(english, { scopes: ['openid'] }), [])
  t.same(describeLess(english, { scopes: ['mcp:read'], without: ['a', 'b'] }), ['Read only', 'Without a and b'])
  const names = Array.from({ length: 40 }, (_, index) => `t${index}`)
  t.match(describeLess(english, { scopes: BOTH, without: names })[0], /^Without t0, .*, t11 and 28 more$/)
})

t.test('an existing server is left out as a whole, also with a thousand tools, and stays left out while it is away (UP-06)', async (t) => {
  const choice = choiceOf(BOTH, tools, ALL_RIGHTS, { scopes: BOTH, without: ['upstream:crm', 'upstream:gone'] }, ['files', 'crm'])
  t.same(choice.upstreams, [
    { name: 'files', isTicked: false },
    { name: 'crm', isTicked: true },
    { name: 'gone', isTicked: true }
  ])
  t.same(namesOf(choice), ['search', 'delete_note', 'ping'], 'and is no tool')
  const form = new Parameters('without.upstream:files=yes&without.upstream:wiki=yes&without.files=yes')
  t.same(
    takeAway(form, choice, BOTH).without, ['upstream:files'],
    'one that was not offered is ignored'
  )
  t.same(describeLess(english, { scopes: BOTH, without: ['search', 'upstream:files'] }), ['Without search and everything from files'])
})
