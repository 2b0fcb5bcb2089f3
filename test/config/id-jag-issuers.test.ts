// ID_JAG_ISSUERS: what is wrong is named by entry and member, in the one message of the start.
import t from 'tap'
import { loadConfig } from '../../config/index.ts'
import { variables } from '../../config/variables.ts'

const read = (value: unknown) =>
  variables.parse({ ID_JAG_ISSUERS: typeof value === 'string' ? value : JSON.stringify(value) }).ID_JAG_ISSUERS
const acme = { issuer: 'https://acme.okta.com', domains: ['acme.com'] }

t.test('issuers are taken as they are written, and domains in lower case', async (t) => {
  t.same(read([{ ...acme, domains: ['Acme.com', 'xn--bcher-kva.example'] }]), [
    { ...acme, domains: ['acme.com', 'xn--bcher-kva.example'] }
  ])
  const whole = { issuer: 'https://idp.example/t/', jwks_uri: 'https://idp.example/keys?t=1', domains: [], audience: 'a', tenant: 't' }
  t.same(read([acme, whole]), [acme, whole])
  t.same(read([{ issuer: 'http://localhost:9000', domains: [] }]).length, 1, 'on this computer, without TLS')
  t.same(read('[]'), [])
  t.same(variables.parse({}).ID_JAG_ISSUERS, [])
})

t.test('each mistake is named by its entry and member, beside those of other variables (WB-18)', async (t) => {
  const problems = async (value: unknown, more: Record<string, string> = {}) =>
    loadConfig({ ID_JAG_ISSUERS: typeof value === 'string' ? value : JSON.stringify(value), ...more }).then(
      () => [],
      ({ problems }: { problems: string[] }) => problems.map((problem) => problem.split(':')[0])
    )
  t.same(await problems('https://acme.okta.com'), ['ID_JAG_ISSUERS'])
  t.same(await problems({ ...acme }), ['ID_JAG_ISSUERS'])
  t.same(await problems(['https://acme.okta.com']), ['ID_JAG_ISSUERS.0'])
  t.same(await problems([acme, acme]), ['ID_JAG_ISSUERS.1.issuer'])
  for (const [member, value] of [
    ['issuer', 'acme.okta.com'],
    ['issuer', 'http://acme.okta.com'],
    ['issuer', 'https://acme.okta.com?x=1'],
    ['issuer', 'https://acme.okta.com#x'],
    ['issuer', 'https://user@acme.okta.com'],
    ['issuer', undefined],
    ['jwks_uri', 'http://acme.okta.com/keys'],
    ['jwks_uri', 7],
    ['domains', undefined],
    ['domains', 'acme.com'],
    ['audience', ''],
    ['tenant', 7]
  ] as const) {
    t.same(await problems([{ ...acme, [member]: value }]), [`ID_JAG_ISSUERS.0.${member}`], `${member} ${value}`)
  }
  t.same(await problems([{ ...acme, domains: ['acme.com', '*'] }]), ['ID_JAG_ISSUERS.0.domains.1'])
  t.same(await problems([{ ...acme, domains: ['@acme.com'] }]), ['ID_JAG_ISSUERS.0.domains.0'])
  t.same(await problems([{ ...acme, jwksUri: 'x' }], { PORT: 'x' }), ['PORT', 'ID_JAG_ISSUERS.0'])
  t.same(await problems([acme], { AUTH_BACKEND: 'none' }), ['ID_JAG_ISSUERS'])
})
