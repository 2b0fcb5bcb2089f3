// The challenge: a server that blocks clients, or accepts any token, is reported.
import t from 'tap'
import { checkFaults, type Fault, html } from './examination.ts'

const faults: Fault[] = [
  {
    name: 'bot protection blocks programs',
    change: ({ request, answer }) => {
      if (request.method === 'POST') html(answer, 403)
    },
    reports: /without a token gets 403 from Cloudflare/,
    advises: /Bot Fight Mode/
  },
  {
    name: 'bot protection blocks one assistant',
    change: ({ request, answer }) => {
      if (/claude-user/i.test(request.headers['user-agent'] ?? '')) html(answer, 403)
    },
    reports: /Blocked by their User-Agent: Claude \(403 from Cloudflare\)/,
    advises: /Bot Fight Mode/
  },
  {
    name: 'no MCP server there',
    change: ({ request, answer }) => {
      if (request.path === '/') answer.status = 404
    },
    reports: /gets 404/,
    advises: /no MCP server at this path/
  },
  {
    name: 'the server is down behind the proxy',
    change: ({ request, answer }) => {
      if (request.path === '/') answer.status = 502
    },
    reports: /gets 502/,
    advises: /whether the proxy reaches it/
  },
  {
    name: 'the proxy redirects',
    change: ({ request, answer }) => {
      if (request.path === '/') {
        Object.assign(answer, { status: 301, headers: { location: 'https://www.example.com/' } })
      }
    },
    reports: /redirects the client to https:\/\/www\.example\.com/,
    advises: /Paste that address/
  },
  {
    name: 'the proxy removes the challenge',
    change: ({ answer }) => {
      delete answer.headers['www-authenticate']
    },
    reports: /no resource_metadata/,
    advises: /proxy removes the header/
  },
  {
    name: 'any token is accepted',
    change: ({ request, answer }) => {
      if (request.headers.authorization) answer.status = 200
    },
    reports: /a made-up one was accepted/,
    advises: /Fix its token check/
  },
  {
    name: 'a wrong token gets 403',
    change: ({ request, answer }) => {
      if (request.headers.authorization) answer.status = 403
    },
    reports: /A wrong token gets 403/,
    advises: /only after a 401/
  },
  {
    name: 'a wrong token without its error',
    change: ({ answer }) => {
      answer.headers['www-authenticate'] = String(answer.headers['www-authenticate'] ?? '').replace(
        /error="[^"]*",?/,
        ''
      )
    },
    reports: /does not say error="invalid_token"/,
    advises: /refreshes the token/,
    isWarning: true
  }
]

t.test('each fault is reported, with what to do', (t) => checkFaults(t, faults))
