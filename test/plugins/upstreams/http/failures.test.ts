// What an upstream's status and a connection that failed mean, in words for the operator.
import t from 'tap'
import { brokenConnection, failureOf } from '../../../../plugins/upstreams/http/failures.ts'

const settings = { name: 'crm', secrets: ['s3cr3t-token'] }
const url = new URL('https://crm.example/mcp')
const of = (status: number, headers = {}, session = false) => failureOf(settings, status, headers, {
  session,
  url
})

t.test('each status is told apart, and says what to do', async (t) => {
  const challenge = 'Bearer realm="CRM s3cr3t-token", error="invalid_token", scope="read", error_description="s3cr3t-token"'
  t.match(of(401, { 'www-authenticate': challenge }), {
    fault: 'unauthorized',
    wasSent: false,
    message: 'answered 401 (it asks for realm "CRM [secret]", error "invalid_token", scope "read"): correct `headers` in mcp.json'
  })
  t.match(of(403), {
    fault: 'unauthorized',
    wasSent: false,
    message: 'answered 403: correct `headers` in mcp.json'
  })
  t.match(of(429, { 'retry-after': '30' }), {
    fault: 'busy',
    wasSent: false,
    message: /wait 30 seconds/
  })
  t.match(of(429, { 'retry-after': 'Fri, 31 Dec 2027 23:59:59 GMT' }), { message: /until 2027-12-31T23:59:59/ })
  t.match(of(429, { 'retry-after': 'never' }), { message: 'answered 429: too many requests' })
  t.match(of(503, { 'retry-after': '5' }), { fault: 'busy' })
  for (const status of [500, 502, 503]) {
    t.match(of(status), {
      fault: 'failed',
      wasSent: true
    })
  }
  for (const status of [200, 202, 400, 404, 405]) t.equal(of(status), undefined)
})

t.test('a session that is lost is told from a wrong address: the request was not carried out', async (t) => {
  t.match(of(404, {}, true), { fault: 'ended', wasSent: false })
  t.equal(of(404, {}, false), undefined)
})

t.test('a redirect names the origin that it leads to, and nothing behind it (UH-05)', async (t) => {
  const elsewhere = of(307, { location: 'https://ann:pw@evil.example/x?token=1#y' })!
  t.match(elsewhere, {
    fault: 'failed',
    wasSent: false,
    message: /https:\/\/evil\.example, which is not followed/
  })
  t.notMatch(elsewhere.message, /token|pw|\/x/)
  t.match(of(308, { location: '/mcp/' }), { message: /another path of https:\/\/crm\.example/ })
  t.match(of(302), { message: /without saying where/ })
  t.match(of(302, { location: 'http://[' }), { message: /without saying where/ })
})

t.test('a connection that failed says whether the request may have arrived', async (t) => {
  const broken = (code: string, isConnected: boolean) =>
    brokenConnection(settings, Object.assign(new Error('s3cr3t-token'), { code }), isConnected, url.origin)
  t.match(broken('ECONNREFUSED', false), {
    fault: 'unreachable',
    wasSent: false,
    message: /nothing listens/
  })
  t.match(broken('ENOTFOUND', false), {
    fault: 'unreachable',
    wasSent: false,
    message: /host name/
  })
  t.match(broken('ECONNRESET', false), { fault: 'unreachable', wasSent: false })
  t.match(broken('SELF_SIGNED_CERT_IN_CHAIN', false), {
    fault: 'unreachable',
    message: /NODE_EXTRA_CA_CERTS/
  })
  t.match(broken('EOTHER', false), { message: 'no connection to https://crm.example: [secret] (EOTHER)' })
  t.match(broken('ECONNRESET', true), { fault: 'ended', wasSent: true })
  t.match(broken('HPE_INVALID_CONSTANT', true), {
    fault: 'malformed',
    wasSent: true
  })
})
