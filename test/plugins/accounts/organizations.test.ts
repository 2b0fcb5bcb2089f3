// How the issuers of ID_JAG_ISSUERS are named as places where people are known.
import t from 'tap'
import {
  backendOfIssuer,
  organizationBackends,
  organizationOf
} from '../../../plugins/accounts/organizations.ts'

t.test('an issuer is told from a backend, and from another issuer at the same host', async (t) => {
  const issuers = ['https://identity.example/issuers/1', 'https://identity.example/issuers/2']
  const idJagIssuers = issuers.map((issuer) => ({ issuer, domains: [] }))
  t.same([...organizationBackends({ idJagIssuers })], issuers.map(backendOfIssuer))
  t.equal(organizationOf(backendOfIssuer(issuers[0]!)), 'identity.example')
  for (const backend of ['local', 'id-jag', './id-jag x.ts', 'id-jag x']) {
    t.equal(organizationOf(backend), undefined, backend)
  }
})
