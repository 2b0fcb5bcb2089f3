// Whose a resource is, where several upstreams have some.
import t from 'tap'
import { ALL_RIGHTS } from '../../../../plugins/access-rules/contract.ts'
import { evaluate } from '../../../../plugins/access-rules/rights.ts'
import { createOwners } from '../../../../plugins/mcp/relay/owners.ts'
import { fakeUpstreams } from '../../../helpers/fake-upstreams.ts'

t.test('who lists a URI has it, then whose template fits, then the only one of its scheme', async (t) => {
  const upstreams = fakeUpstreams(
    { name: 'a', uris: ['file:///one'], templates: [{ name: 't', uriTemplate: 'db://{+path}' }] },
    { name: 'b', uris: ['file:///two', 'db://x'] },
    { name: 'c', templates: [{ name: 'q', uriTemplate: 'c://find{?q,page}' }] },
    { name: 'd' }
  )
  const { ownerOf, thingsOf } = createOwners(upstreams)
  for (const [uri, owner] of [
    ['file:///one', 'a'],
    ['file:///two', 'b'],
    ['db://x', 'b'],
    ['db://y/z', 'a'],
    ['c://find?q=1', 'c'],
    ['c://other', 'c'],
    ['file:///three', undefined],
    [`c://${'x'.repeat(3_000)}`, undefined]
  ] as const) t.equal(ownerOf(uri, ALL_RIGHTS), owner, uri.slice(0, 20))
  t.strictSame(thingsOf('a', 'db://y'), [['db://y', 't', 'db://{+path}']])
  const mayOf = (upstream: string) => upstream !== 'b'
  t.equal(ownerOf('db://x', { ...ALL_RIGHTS, mayOf }), 'a', 'of those that may be used')
})

t.test('what the rules leave out is not read in another spelling that the upstream takes for the same (RU-11)', async (t) => {
  const rules = [{ who: ['everyone'], upstreams: ['crm'], resources: ['!crm://pay', '!record'] }]
  const rights = evaluate({ groups: {}, rules }, '1').rightsOf(null)
  const { ownerOf } = createOwners(fakeUpstreams({ name: 'crm', uris: ['crm://pay'], templates: [{ name: 'record', uriTemplate: 'crm://of/{id}' }] }))
  for (const uri of ['crm://pay', 'CRM://pay', 'crm://p\tay', 'crm://p%61y', 'Crm://p%61y', 'crm://of/1', 'CRM://of/1', 'crm://of/x/../1', '%63rm://of/1', 'crm://%6Ff/1']) {
    t.equal(ownerOf(uri, rights), undefined, JSON.stringify(uri))
  }
  for (const uri of ['crm://open', 'CRM://open', 'crm://p%61ys', 'crm://%zz', 'crm://%ff']) {
    t.equal(ownerOf(uri, rights), 'crm', uri)
  }
})

t.test('what no rule gives is not read by a URI that the upstream takes for it (RU-11)', async (t) => {
  const rules = [{
    who: ['everyone'],
    resources: ['file:///public/**', 'db://of/*', 'https://a.example', 'page']
  }]
  const rights = evaluate({ groups: {}, rules }, '1').rightsOf(null)
  const templates = [
    { name: 'file', uriTemplate: 'file:///{+path}' },
    { name: 'page', uriTemplate: 'page://{id}' }
  ]
  const uris = ['db://of/1', 'https://a.example']
  const { ownerOf } = createOwners(
    fakeUpstreams({ name: 'a', uris, templates })
  )
  for (const uri of [
    'file:///secret',
    'file:///public/../secret',
    'file:///public/%2e%2E/secret',
    'file:///public/..%2fsecret',
    'file:///public/.\t./secret',
    'file:///public/\\..\\..\\secret',
    'db://of/1%2fpay',
    'db://of/./1/../../pay',
    'page://a%2Fb'
  ]) t.equal(ownerOf(uri, rights), undefined, JSON.stringify(uri))
  for (const uri of [
    'file:///public/a/../b',
    'file:///public/a%20b',
    'file:///public/a%2fb',
    'FILE:///public/a b',
    'db://of/%31',
    'https://a.example',
    'page://a%3Fb'
  ]) t.equal(ownerOf(uri, rights), 'a', uri)
})

t.test('a URI that is too long, or fits more templates than rules are asked about, can be read by nobody', async (t) => {
  const templates = Array.from({ length: 11 }, (_, number) => ({ name: `t${number}`, uriTemplate: `a://{+x${number}}` }))
  const { mayRead, thingsOf } = createOwners(fakeUpstreams({ name: 'a', templates }, { name: 'b', templates: templates.slice(1) }))
  t.notOk(mayRead('a', 'a://b', ALL_RIGHTS))
  t.ok(mayRead('b', 'a://b', ALL_RIGHTS))
  t.equal(thingsOf('b', `a://${'b'.repeat(2_048)}`), undefined)
})

t.test('a template fits what it can have made; one with more than eight variables, all that begins like it', async (t) => {
  const of = (...names: string[]) => `x:${names.map((name) => `{${name}}`).join('-')}!`
  const templates = [
    { name: 'eight', uriTemplate: of(...'abcdefgh') },
    { name: 'nine', uriTemplate: of(...'abcdefghi') }
  ]
  const { thingsOf } = createOwners(fakeUpstreams({ name: 'a', templates }))
  t.same(thingsOf('a', 'x:1'), [['x:1', 'nine', templates[1]!.uriTemplate]])
  t.ok(thingsOf('a', 'x:1-2-3-4-5-6-7-8!')![0]!.includes('eight'))
})

t.test('templates of hundreds of variables cost little, whatever URIs are asked about (UC-10)', async (t) => {
  const numbers = Array.from({ length: 300 }, (_, number) => number)
  const variables = numbers.map((number) => `{a${number}}`).join('-')
  const templates = Array.from({ length: 200 }, (_, end) => ({ name: `t${end}`, uriTemplate: `x:${variables}!${end}` }))
  const upstreams = fakeUpstreams({ name: 'a', templates }, { name: 'b', templates })
  const { ownerOf } = createOwners(upstreams)
  const before = process.cpuUsage()
  for (let asked = 0; asked < 100; asked++) {
    ownerOf(`x:${numbers.map((number) => (number + asked) % 10).join('-')}?`, ALL_RIGHTS)
  }
  const { user, system } = process.cpuUsage(before)
  t.ok(user + system < 300_000, `${user + system} µs`)
})

t.test('texts between the variables of templates that nearly fit cost little (UC-21)', async (t) => {
  const between = `${'a'.repeat(200)}b${'a'.repeat(799)}`
  const templates = Array.from({ length: 200 }, (_, number) => ({ name: `t${number}`, uriTemplate: `x:{p${number}}${between}{q${number}}` }))
  const { ownerOf } = createOwners(fakeUpstreams({ name: 'a', templates }))
  const before = process.cpuUsage()
  for (let asked = 0; asked < 3; asked++) {
    t.equal(ownerOf(`x:${asked}${'a'.repeat(2_000)}`, ALL_RIGHTS), 'a')
  }
  const { user, system } = process.cpuUsage(before)
  t.ok(user + system < 150_000, `${user + system} µs`)
})
