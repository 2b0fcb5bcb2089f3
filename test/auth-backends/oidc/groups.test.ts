// What a provider says of groups, in every shape that providers write them in.
import t from 'tap'
import { findClaim, readGroups } from '../../../auth-backends/oidc/groups.ts'
import { env } from '../../../auth-backends/oidc/settings.ts'

const settings = (more: Record<string, string> = {}) =>
  env.parse({ OIDC_ISSUER: 'https://sso.example', OIDC_CLIENT_ID: 'x', ...more })

t.test('a claim is found by its name or by a path, with dots in names as well', async (t) => {
  const claims = {
    realm_access: { roles: ['staff'] },
    resource_access: { 'my.app': { roles: ['admin'] } },
    'https://example.com/groups': ['a'],
    'a.b': 1,
    a: { b: 2 },
    none: null,
    text: 'x'
  }
  t.same(findClaim(claims, 'realm_access.roles'), ['staff'], 'Keycloak')
  t.same(
    findClaim(claims, 'resource_access.my.app.roles'), ['admin'], 'Keycloak, roles of a client'
  )
  t.same(findClaim(claims, 'https://example.com/groups'), ['a'], 'Auth0')
  t.equal(findClaim(claims, 'a.b'), 1, 'the name as it stands comes first')
  for (const path of ['realm_access.groups', 'realm_access.roles.x', 'none.x', 'text.0', 'constructor', 'toString.name', '__proto__', 'a..b', '']) {
    t.equal(findClaim(claims, path), undefined, path)
  }
})

t.test('groups are read from a list, one text, a path, or the keys of an object; nothing else is a group', async (t) => {
  const groupsIn = (claims: object, path?: string) =>
    readGroups(claims as never, settings(path === undefined ? {} : { OIDC_GROUPS_CLAIM: path })).groups
  t.same(groupsIn({ groups: ['staff', 7, null, { a: 1 }, 'crm'] }), ['staff', 'crm'])
  t.same(groupsIn({ groups: 'staff' }), ['staff'])
  t.same(groupsIn({ realm_access: { roles: ['admin'] } }, 'realm_access.roles'), ['admin'])
  t.same(
    groupsIn({ roles: { staff: { org: 'x' }, left: false, gone: null } }, 'roles'), ['staff']
  )
  t.same(groupsIn({ sub: 'ann' }), [])
})

t.test('a group that somebody founds at gitlab.com is none, whatever it is called (PV-09)', async (t) => {
  const claims = { groups: ['example-inc', 'example-inc/ops', 'example-inc2', 'finance'] }
  const groupsAt = (OIDC_ISSUER: string, more: Record<string, string>) =>
    readGroups(claims, env.parse({ OIDC_ISSUER, OIDC_CLIENT_ID: 'x', ...more })).groups
  t.same(
    groupsAt('https://gitlab.com', { OIDC_ALLOWED_GROUPS: 'example-inc' }), ['example-inc', 'example-inc/ops']
  )
  t.same(groupsAt('https://gitlab.com', { OIDC_ALLOWED_DOMAINS: '*' }), [])
  t.same(groupsAt('https://sso.example', { OIDC_ALLOWED_GROUPS: 'example-inc' }), claims.groups)
})

t.test('groups that Entra leaves out are recognized, and are none', async (t) => {
  const left = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example' } } }
  t.match(readGroups(left, settings()), { groups: [], isOverage: true })
  t.match(readGroups({ hasgroups: true }, settings()), { groups: [], isOverage: true })
  t.match(
    readGroups({ ...left, roles: ['staff'] }, settings({ OIDC_GROUPS_CLAIM: 'roles' })), { groups: ['staff'], isOverage: false }
  )
  t.match(readGroups({}, settings()), { groups: [], isOverage: false })
})

t.test('of a megabyte of groups some are read, and the settings once, not once for each (BW-33)', async (t) => {
  const names = Array.from({ length: 20_000 }, (_, number) => `group-${number}`)
  let reads = 0
  const counted = (more: Record<string, string>) => new Proxy(settings(more), {
    get: (target, name) => {
      reads++
      return target[name as keyof typeof target]
    }
  })
  t.equal(readGroups({ groups: names }, counted({})).groups.length, 5_000)
  const asKeys = Object.fromEntries(names.map((name) => [name, {}]))
  t.equal(readGroups({ groups: asKeys }, counted({})).groups.length, 5_000)
  const gitlab = counted({ OIDC_ISSUER: 'https://gitlab.com', OIDC_ALLOWED_GROUPS: 'acme' })
  t.same(
    readGroups({ groups: [...names, 'acme/ops'] }, gitlab).groups, ['acme/ops'],
    'whoever is put in thousands of others keeps theirs'
  )
  t.ok(reads < 40, `${reads} reads`)
})
