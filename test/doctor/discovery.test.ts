// The discovery documents: each one that is missing or wrong is reported.
import t from 'tap'
import { AS, at, checkFaults, type Fault, html, OPENID, PRM } from './examination.ts'

const faults: Fault[] = [
  {
    name: 'the proxy does not pass /.well-known/ on',
    change: ({ request, answer }) => {
      if (request.path.startsWith('/.well-known/')) html(answer, 404)
    },
    reports: /oauth-protected-resource answers 404/,
    advises: /does not pass \/\.well-known\/ on/
  },
  {
    name: 'the server does not know its own name',
    change: at(PRM, (json) => {
      json['resource'] = 'http://127.0.0.1:3000'
    }),
    reports: /calls itself http:\/\/127\.0\.0\.1:3000/,
    advises: /Set PUBLIC_URL/
  },
  {
    name: 'no authorization server',
    change: at(PRM, (json) => {
      json['authorization_servers'] = []
    }),
    reports: /authorization_servers is empty/,
    advises: /issuer/
  },
  {
    name: 'a different issuer',
    change: at(AS, (json) => {
      json['issuer'] = 'http://127.0.0.1:3000'
    }),
    reports: /The issuer calls itself http:\/\/127/,
    advises: /PUBLIC_URL/
  },
  {
    name: 'endpoints that only the server can reach',
    change: at(AS, (json) => {
      json['token_endpoint'] = 'http://internal:3000/token'
    }),
    reports: /Clients cannot reach http:\/\/internal/,
    advises: /PUBLIC_URL/
  },
  {
    name: 'no S256',
    change: at(AS, (json) => {
      json['code_challenge_methods_supported'] = []
    }),
    reports: /does not include S256/,
    advises: /refuse/
  },
  {
    name: 'a client secret is required',
    change: at(AS, (json) => {
      json['token_endpoint_auth_methods_supported'] = ['client_secret_basic']
    }),
    reports: /does not include none/,
    advises: /no secret/
  },
  {
    name: 'new clients cannot introduce themselves',
    change: at(AS, (json) => {
      delete json['registration_endpoint']
      delete json['client_id_metadata_document_supported']
    }),
    reports: /cannot introduce itself/,
    advises: /by hand/
  },
  {
    name: 'no offline_access',
    change: at(AS, (json) => {
      json['scopes_supported'] = ['mcp:read']
    }),
    reports: /does not include offline_access/,
    advises: /each hour/,
    isWarning: true
  },
  {
    name: 'an incomplete OpenID document',
    change: at(OPENID, (json) => {
      delete json['jwks_uri']
    }),
    reports: /not a valid OpenID document/,
    advises: /or answer 404/
  },
  {
    name: 'no OpenID document',
    change: ({ request, answer }) => {
      if (request.path === OPENID) answer.status = 404
    },
    reports: /openid-configuration does not exist/,
    advises: /A 404 is allowed/,
    isWarning: true
  }
]

t.test('each fault is reported, with what to do', (t) => checkFaults(t, faults))
