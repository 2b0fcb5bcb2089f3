// What rules give to whom: they add up, `!` leaves out of its own list, and a list of `!` alone takes away.
import fc from '../../helpers/fast-check.ts'
import t from 'tap'
import { EVERYBODY, type Principal, type Rule } from '../../../plugins/access-rules/contract.ts'
import { evaluate } from '../../../plugins/access-rules/rights.ts'

const groups = { finance: ['ann@example.com', '@accounting.example.com'], contractors: [], board: [] }
const from = (...rules: Rule[]) => evaluate({ groups, rules }, '1')
const ann = { email: 'Ann@Example.com' }

t.test('the example of the documentation does what it says', async (t) => {
  const { rightsOf } = from(
    { who: ['everyone'], tools: ['search', 'fetch', 'calculate'], documents: ['**', '!finance/**'] },
    { who: ['finance'], tools: ['crm_*', 'database_query'], documents: ['finance/**'] }
  )
  const [member, other, stranger] = [rightsOf(ann), rightsOf({ email: 'bob@example.com' }), rightsOf(null)]
  for (const rights of [other, stranger]) {
    t.ok(rights.may('tools', 'search') && rights.documents.may('handbook.md'))
    t.notOk(rights.may('tools', 'crm_find') || rights.may('tools', 'database_query') || rights.documents.may('finance/q3.md'))
  }
  t.ok(member.may('tools', 'search') && member.may('tools', 'crm_find') && member.documents.may('finance/q3.md'))
  t.notOk(
    member.may('tools', 'write') || member.may('prompts', 'search') || member.may('upstreams', 'crm_x'),
    'what no rule gives'
  )
})

t.test('a person is in a group by a proven address, its domain, their provider or the operator', async (t) => {
  const { rightsOf } = from({ who: ['finance'], tools: ['*'] })
  const may = (caller: Principal | null) => rightsOf(caller).may('tools', 'x')
  for (const caller of [ann, { email: 'x@ACCOUNTING.example.com' }, { groups: ['other', 'finance'] }]) t.ok(may(caller))
  for (const caller of [null, {}, { email: 'ann@example.com.evil.example' }, { email: 'x@sub.accounting.example.com' }, { groups: ['Finance'] }]) {
    t.notOk(may(caller), JSON.stringify(caller))
  }
})

t.test('a rule names people by address and domain as well', async (t) => {
  const { rightsOf } = from({ who: ['bob@example.com', '@board.example'], prompts: ['*'] })
  t.ok(rightsOf({ email: 'BOB@example.com' }).may('prompts', 'x') && rightsOf({ email: 'a@board.example' }).may('prompts', 'x'))
  t.notOk(rightsOf(ann).may('prompts', 'x') || rightsOf({ groups: ['bob@example.com', '@board.example'] }).may('prompts', 'x'))
})

t.test('an address is found however a rule spells its letters (RU-07)', async (t) => {
  const { rightsOf } = from({ who: ['everyone'], tools: ['*'] }, { who: ['@mu\u0308nchen.example', ' Jose\u0301@example.com'], tools: ['!x'] })
  for (const email of ['a@m\u00fcnchen.example', 'jos\u00e9@example.com']) t.notOk(rightsOf({ email }).may('tools', 'x'), email)
  t.ok(rightsOf({ email: 'jose@example.com' }).may('tools', 'x'))
})

t.test('a list of nothing but ! takes away what other rules give', async (t) => {
  const { rightsOf } = from(
    { who: ['everyone'], tools: ['*'], documents: ['**'] },
    { who: ['contractors'], tools: ['!write'], documents: ['!plans/**'] },
    { who: ['board'], tools: ['write'], documents: ['plans/**'] }
  )
  const contractor = rightsOf({ groups: ['contractors', 'board'] })
  t.notOk(contractor.may('tools', 'write') || contractor.documents.may('plans/a.md'))
  t.ok(contractor.may('tools', 'search') && contractor.documents.may('a.md'))
  t.ok(rightsOf({ groups: ['board'] }).may('tools', 'write') && rightsOf(null).documents.may('plans/a.md'))
})

t.test('a thing with two names is one thing', async (t) => {
  const { rightsOf } = from({ who: ['everyone'], resources: ['note*', '!notes://secret'] })
  t.ok(rightsOf(null).may('resources', 'note', 'notes://all'))
  t.notOk(rightsOf(null).may('resources', 'note', 'notes://secret'))
})

t.test('callers with the same rights share one object, and one key', async (t) => {
  const { rightsOf } = from({ who: ['finance', 'everyone'], tools: ['*'] })
  t.equal(rightsOf(ann), rightsOf({ groups: ['finance'] }))
  t.not(rightsOf(ann).key, rightsOf(null).key)
})

const who = fc.uniqueArray(fc.constantFrom('everyone', 'finance', 'contractors', 'board', 'ann@example.com', '@example.com'), { minLength: 1 })
const patterns = fc.array(fc.constantFrom('**', '!**', 'a/**', '!a/**', 'a/b', '!a/b', '*', '!*', '**/b', '!**/b'), { maxLength: 4 })
const rules = fc.array(fc.record({ who, documents: patterns }), { maxLength: 6 })
const caller = fc.option(
  fc.record({
    email: fc.constantFrom(undefined, 'ann@example.com', 'x@example.com', 'y@elsewhere.example'),
    groups: fc.subarray(['finance', 'contractors', 'board'])
  })
)

t.test('who sees an audience is who may see each of its documents', async () => {
  fc.assert(
    fc.property(rules, caller, fc.constantFrom('a', 'b', 'a/b', 'a/c', 'x/b', 'c'), (rules, caller, id) => {
      const { rightsOf, audienceOf } = evaluate({ groups, rules }, '1')
      const { documents } = rightsOf(caller)
      return documents.sees(audienceOf(id)) === documents.may(id)
    }),
    { numRuns: 3_000 }
  )
})

t.test('who sees all by the rules may see every document', async () => {
  fc.assert(
    fc.property(rules, caller, fc.constantFrom('a', 'a/b', 'x/b', 'c/d/e'), (rules, caller, id) => {
      const { documents } = evaluate({ groups, rules }, '1').rightsOf(caller)
      return !documents.seesAll || documents.may(id)
    }),
    { numRuns: 3_000 }
  )
})

t.test('a rule for everything, with nothing left out anywhere, shows everything', async (t) => {
  const everything = { who: ['board'], documents: ['**'] }
  const seesAll = (...rules: Rule[]) => from(...rules).rightsOf({ groups: ['board', 'contractors'] }).documents.seesAll
  t.ok(seesAll(everything) && seesAll({ who: ['everyone'], documents: ['a', '!b'] }, everything))
  t.notOk(seesAll() || seesAll({ who: ['board'], documents: ['**', '!a'] }) || seesAll({ who: ['finance'], documents: ['**'] }))
  t.notOk(seesAll(everything, { who: ['contractors'], documents: ['!a'] }), 'a list of ! alone takes away')
})

t.test('an audience has the same name for the same people, and everybody has none', async (t) => {
  const rule = { who: ['finance'], documents: ['f/**'] }
  const before = from({ who: ['everyone'], documents: ['**', '!f/**'] }, rule)
  const after = from(rule, { who: ['board'], documents: ['b/**'] }, { who: ['everyone'], documents: ['*'] })
  t.same(before.audienceOf('f/x'), after.audienceOf('f/x'))
  t.match(before.audienceOf('f/x').id, /^[0-9a-f]{16}$/)
  t.same(before.audienceOf('x'), EVERYBODY)
  t.not(after.audienceOf('b/x').id, after.audienceOf('f/x').id)
  t.equal(rightsOfNobody(after.audienceOf('c/x')), false, 'what no rule gives is for nobody')
})

const rightsOfNobody = (audience: Parameters<ReturnType<ReturnType<typeof evaluate>['rightsOf']>['documents']['sees']>[0]) =>
  from({ who: ['everyone'], documents: ['**'] }).rightsOf(ann).documents.sees(audience)

t.test('a name that somebody made up costs little, however long it is (RU-09)', async (t) => {
  const rules = Array.from({ length: 300 }, (_, at): Rule => ({ who: ['everyone'], documents: [`folder-${at}/**`, '!**/*draft*'] }))
  const { documents } = from(...rules, { who: ['everyone'], documents: ['**'] }).rightsOf(null)
  t.ok(documents.may(`folder/${'x'.repeat(4_000)}`))
  const startedAt = performance.now()
  for (const name of ['\u0301\u0323'.repeat(2_500), '\u0301\u0323'.repeat(500_000)]) t.type(documents.may(name), 'boolean')
  t.ok(performance.now() - startedAt < 2_000, 'marks on one letter')
  t.notOk(documents.may('x'.repeat(1_000_000)), 'nothing is called so')
})

t.test('what an upstream offers is given by its own name or by that of its upstream, and left out by either', async (t) => {
  const { rightsOf } = from(
    { who: ['everyone'], upstreams: ['crm', 'files'], tools: ['!crm_delete*'] },
    { who: ['everyone'], tools: ['wiki_read'], prompts: ['*', '!crm_ask'] },
    { who: ['contractors'], upstreams: ['!files'] }
  )
  const [anyone, contractor] = [rightsOf(null), rightsOf({ groups: ['contractors'] })]
  t.ok(anyone.mayOf('crm', 'tools', 'crm_find'))
  t.ok(anyone.mayOf('files', 'tools', 'files_read'))
  t.ok(anyone.mayOf('wiki', 'tools', 'wiki_read'))
  t.ok(anyone.mayOf('wiki', 'prompts', 'wiki_ask'))
  t.notOk(anyone.mayOf('crm', 'tools', 'crm_delete_all'))
  t.notOk(anyone.mayOf('wiki', 'tools', 'wiki_write'))
  t.notOk(anyone.may('tools', 'crm_find'))
  t.notOk(contractor.mayOf('files', 'tools', 'files_read'))
  t.notOk(contractor.mayOf('files', 'prompts', 'x'))
  t.ok(contractor.mayOf('crm', 'tools', 'crm_find'))
})

t.test('who may have nothing of an upstream is known without any name of what it has (UH-36)', async (t) => {
  const { rightsOf } = from(
    { who: ['everyone'], upstreams: ['crm'], tools: ['*'] },
    { who: ['finance'], resources: ['files:///public/**', '!**/draft'] },
    { who: ['contractors'], upstreams: ['!crm'], resources: ['!x'] }
  )
  const anyOf = (caller: Principal | null) => ['crm', 'files'].filter((upstream) => rightsOf(caller).mayAnyOf(upstream, 'resources'))
  t.same([null, ann, { groups: ['contractors'] }].map(anyOf), [['crm'], ['crm', 'files'], []])
  const items = fc.array(fc.constantFrom('crm', 'files', 'a', '*', '!crm', '!files', '!a', '!*'), { maxLength: 3 })
  const rule = fc.record({ upstreams: items, resources: items }, { requiredKeys: [] })
  fc.assert(fc.property(fc.array(rule, { maxLength: 3 }), fc.constantFrom('crm', 'files'), fc.constantFrom('a', 'b'), (rules, upstream, name) => {
    const rights = from(...rules.map((rule): Rule => ({ who: ['everyone'], ...rule }))).rightsOf(null)
    return !rights.mayOf(upstream, 'resources', name) || rights.mayAnyOf(upstream, 'resources')
  }))
})

t.test('a name of an upstream gives nothing of another, and nothing of this server', async (t) => {
  const { rightsOf } = from({ who: ['everyone'], upstreams: ['crm'] })
  t.notOk(rightsOf(null).mayOf('crm2', 'tools', 'crm_find') || rightsOf(null).may('tools', 'crm'))
})

t.test('what was decided of one URI is not remembered for another that only looks like it with its names (RU-10)', async (t) => {
  const { rightsOf } = from({ who: ['everyone'], resources: ['**', '!crm://salaries'] })
  const rights = rightsOf(null)
  t.ok(rights.mayOf('crm', 'resources', 'crm://salaries record crm://{id}'))
  t.notOk(rights.mayOf('crm', 'resources', 'crm://salaries', 'record', 'crm://{id}'), 'what is left out')
  t.ok(rights.may('resources', 'crm://salaries record'))
  t.notOk(rights.may('resources', 'crm://salaries', 'record'))
  const few = from({ who: ['everyone'], resources: ['crm://open'] }).rightsOf(null)
  t.notOk(few.mayOf('crm', 'resources', 'crm://open record crm://{id}'))
  t.ok(few.mayOf('crm', 'resources', 'crm://open', 'record', 'crm://{id}'), 'nobody takes it away from others')
})
