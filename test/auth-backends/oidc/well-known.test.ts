// Google and Microsoft as their own documentation describes them, and
// the ways in which each differs from the rest.
import t from 'tap'
import type { SignedIn } from '../../../auth-backends/contract.ts'
import { at } from './at.ts'

const GOOGLE = 'https://accounts.google.com'
const ENTRA = 'https://login.microsoftonline.com'
const OURS = '2f9b5a5e-0000-4000-8000-000000000001'
const FOREIGN = '2f9b5a5e-0000-4000-8000-000000000002'

const now = () => Math.floor(Date.now() / 1000)

t.test('Google: the domain of the account counts as well as the address', async (t) => {
  const { signIn } = await at(t, GOOGLE, { OIDC_ALLOWED_DOMAINS: 'example.com' })
  const ann = {
    sub: '1',
    email: 'ann@example.com',
    email_verified: true,
    name: 'Ann',
    hd: 'example.com'
  }
  t.match(await signIn(ann), {
    subject: `${GOOGLE} 1`,
    email: 'ann@example.com',
    emailVerified: true,
    name: 'Ann'
  })
  for (const other of [
    { hd: 'other.example' },
    { email: 'ann@gmail.com', hd: undefined },
    { email_verified: false }
  ]) {
    t.match(await signIn({ ...ann, ...other }), { refused: { key: 'providers.domains' } }, JSON.stringify(other))
  }
})

t.test('Google: a token of the old issuer without https:// signs nobody in (PV-08)', async (t) => {
  const { signIn } = await at(t, GOOGLE)
  t.match(await signIn({ sub: '1', iss: 'accounts.google.com' }), {
    name: 'BackendUnavailable',
    reason: 'unreadable'
  })
})

t.test('Google: a session that is hours old is no second factor, whatever was shown then (PV-01)', async (t) => {
  const { signIn } = await at(t, GOOGLE)
  const amr = ['pwd', 'mfa']
  const shown = async (claims: object) =>
    ((await signIn({ sub: '1', amr, ...claims })) as SignedIn).secondFactor
  t.equal(await shown({ auth_time: now() }), true)
  t.equal(await shown({ auth_time: now() - 7_200 }), undefined)
  t.equal(await shown({}), undefined)
})

t.test('userinfo, which nobody signs, vouches for no second factor and for no time (PV-01)', async (t) => {
  const place = await at(t, 'https://sso.example.com')
  place.standIn.userinfo = {
    sub: '1',
    name: 'Ann',
    amr: ['mfa'],
    auth_time: now()
  }
  const answer = (await place.signIn({ sub: '1' })) as SignedIn
  t.match(answer, { subject: 'https://sso.example.com 1', name: 'Ann' })
  t.notHas(answer, { secondFactor: true })
  t.notHas(answer, { authenticationAgeSeconds: Number })
})

t.test('Microsoft: people of one tenant, by an id of this client, and an address that counts only with xms_edov', async (t) => {
  const issuer = `${ENTRA}/${OURS}/v2.0`
  const { signIn } = await at(t, issuer)
  const ann = {
    sub: 'pairwise',
    oid: 'same-everywhere',
    tid: OURS,
    email: 'ann@example.com',
    preferred_username: 'ann@upn.example'
  }
  t.match(await signIn(ann), {
    subject: `${issuer} pairwise`,
    emailVerified: false,
    name: 'ann@upn.example'
  })
  t.match(await signIn({ ...ann, xms_edov: true, name: 'Ann' }), {
    emailVerified: true,
    name: 'Ann'
  })
  t.match(await signIn({ ...ann, xms_edov: '1' }), { emailVerified: true })
  const factor = { amr: ['pwd', 'mfa'], auth_time: now() - 5 }
  t.match(await signIn({ ...ann, ...factor }), {
    secondFactor: true,
    authenticationAgeSeconds: Number
  })
  const foreign = { iss: `${ENTRA}/${FOREIGN}/v2.0`, tid: FOREIGN }
  t.match(
    await signIn({ ...ann, ...foreign }),
    { name: 'BackendUnavailable' },
    'nobody of another tenant'
  )
})

const ANY = `${ENTRA}/common/v2.0`
const TEMPLATE = `${ENTRA}/{tenantid}/v2.0`

t.test('Microsoft: with common each tenant is an issuer of its own, and vouches only for its people (PV-02)', async (t) => {
  const { signIn } = await at(t, ANY, {}, {}, TEMPLATE)
  const token = (tid: string, more: object = {}) => ({
    iss: `${ENTRA}/${tid}/v2.0`,
    tid,
    sub: 'same',
    email: 'boss@example.com',
    ...more
  })
  const claims = {
    email_verified: true,
    groups: ['staff'],
    roles: ['admin']
  }
  for (const tid of [OURS, FOREIGN]) {
    t.match(await signIn(token(tid, claims)), {
      subject: `${ENTRA}/${tid}/v2.0 same`,
      emailVerified: false,
      groups: []
    })
  }
  const vouchedFor = token(FOREIGN, { xms_edov: 1 })
  t.match(await signIn(vouchedFor), { emailVerified: true })
  for (const iss of [
    TEMPLATE,
    `${ENTRA}/${OURS}/v2.0`,
    'https://evil.example'
  ]) {
    t.match(
      await signIn({ ...token(FOREIGN), iss }),
      { name: 'BackendUnavailable' },
      iss
    )
  }
  const domains = { OIDC_ALLOWED_DOMAINS: 'example.com' }
  const restricted = await at(t, ANY, domains, {}, TEMPLATE)
  t.match(await restricted.signIn(token(FOREIGN, claims)), { refused: { key: 'providers.domains' } })
})

t.test('Microsoft: the address of the document of any tenant is understood', async (t) => {
  const document = `${ANY}/.well-known/openid-configuration`
  const { signIn } = await at(t, document, {}, {}, TEMPLATE)
  const iss = `${ENTRA}/${OURS}/v2.0`
  t.match(await signIn({ iss, tid: OURS, sub: '1' }), {
    subject: `${iss} 1`
  })
})
