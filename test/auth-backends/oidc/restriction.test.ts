// Who of a provider's people may come in, in every shape that providers
// write groups in; and what the operator reads of a
// refusal.
import t from 'tap'
import { restriction } from '../../../auth-backends/oidc/restriction.ts'
import { env } from '../../../auth-backends/oidc/settings.ts'

const settings = (more: Record<string, string>) =>
  env.parse({ OIDC_ISSUER: 'https://sso.example', OIDC_CLIENT_ID: 'x', ...more })

t.test('groups may be a list, one text, or the keys of an object', async (t) => {
  const staff = settings({ OIDC_ALLOWED_GROUPS: 'staff', OIDC_GROUPS_CLAIM: 'roles' })
  for (const roles of [['staff', 'x'], 'staff', { staff: { org: 'example.com' }, other: {} }, { staff: true }]) {
    t.equal(restriction({ roles }, staff), undefined, JSON.stringify(roles))
  }
  for (const roles of [['Staff'], 'staff,x', { staff: false }, { staff: null }, [['staff']], [{ staff: 1 }], 7, null, undefined]) {
    t.match(restriction({ roles }, staff), { refused: { key: 'providers.noGroup' } }, JSON.stringify(roles))
  }
})

t.test('the operator reads why somebody was refused, and nothing personal', async (t) => {
  const staff = settings({ OIDC_ALLOWED_GROUPS: 'staff', OIDC_GROUPS_CLAIM: 'realm_access.roles' })
  const causeOf = (claims: Record<string, unknown>, of = staff) => restriction(claims, of)?.cause
  t.match(causeOf({}), /the claim realm_access\.roles \(OIDC_GROUPS_CLAIM\) is not among what the provider says/)
  t.match(causeOf({ realm_access: { roles: 7 } }), /holds no names: it must be a list/)
  t.match(causeOf({ realm_access: { roles: ['a secret name', 'b'] } }), /holds 2 names, none of them in OIDC_ALLOWED_GROUPS$/)
  const groups = settings({ OIDC_ALLOWED_GROUPS: 'staff' })
  const overage = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://graph.example' } } }
  for (const claims of [overage, { hasgroups: true }, { hasgroups: 'true' }]) {
    t.match(restriction(claims, groups), { refused: { key: 'providers.manyGroups' }, cause: /more than 200 \(groups overage\)/ })
  }
  const domains = settings({ OIDC_ALLOWED_DOMAINS: 'example.com' })
  t.match(causeOf({}, domains), /no e-mail address/)
  t.match(causeOf({ email: 'ann@other.example', email_verified: true }, domains), /not of a domain in/)
  t.match(causeOf({ email: 'ann@example.com' }, domains), /email_verified.*OIDC_TRUST_EMAIL/)
  for (const hd of ['other.example', { toString: 1 }, ['example.com'], null]) {
    t.match(causeOf({ email: 'ann@example.com', email_verified: true, hd }, domains), /hd/)
  }
})
