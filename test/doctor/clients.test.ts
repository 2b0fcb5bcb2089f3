// Registration, metadata documents and the requests that must be refused: each fault is reported.
import t from 'tap'
import { checkFaults, type Fault, html } from './examination.ts'

const faults: Fault[] = [
  {
    name: 'Cursor cannot register',
    change: ({ request, answer }) => {
      if (request.path === '/register' && request.body.includes('cursor:')) {
        Object.assign(answer, {
          status: 400,
          body: '{"error":"invalid_redirect_uri","error_description":"no scheme of its own"}'
        })
      }
    },
    reports: /Cursor cannot register.*400 invalid_redirect_uri no scheme/,
    advises: /fails the whole registration/
  },
  {
    name: 'metadata documents cannot be fetched',
    change: ({ request, answer }) => {
      if (request.path === '/authorize' && request.query.get('client_id')?.includes('vscode.dev')) html(answer, 400)
    },
    reports: /VS Code, with the metadata document .* does not reach the sign-in: 400/,
    advises: /outgoing connections/
  },
  {
    name: 'a foreign redirect URI gets the code',
    change: ({ request, answer }) => {
      if (request.path === '/authorize' && request.query.get('redirect_uri')?.includes('attacker')) {
        Object.assign(answer, {
          status: 302,
          headers: { location: 'https://attacker.example/callback?error=access_denied' }
        })
      }
    },
    reports: /never registered/,
    advises: /Do not use this server/
  },
  {
    name: 'without PKCE',
    change: ({ request, answer }) => {
      if (request.path === '/authorize' && !request.query.has('code_challenge')) {
        Object.assign(answer, { status: 200, headers: { 'content-type': 'text/html' }, body: '<form>' })
      }
    },
    reports: /starts without PKCE/,
    advises: /code_challenge/
  },
  {
    name: 'a wrong code gets 500',
    change: ({ request, answer }) => {
      if (request.path === '/token') html(answer, 500)
    },
    reports: /A made-up code gets 500/,
    advises: /start a new sign-in/
  },
  {
    name: 'a rate limit',
    change: ({ request, answer }) => {
      if (request.path === '/register') answer.status = 429
    },
    reports: /register answers 429/,
    advises: /Wait a few minutes/,
    isWarning: true
  },
  {
    name: 'a policy that blocks the redirect to the app',
    change: ({ answer }) => {
      if (answer.headers['content-security-policy']) answer.headers['content-security-policy'] += "; form-action 'self'"
    },
    reports: /form-action/,
    advises: /Leave form-action out/,
    isWarning: true
  },
  {
    name: 'pages that can be framed',
    change: ({ answer }) => {
      delete answer.headers['x-frame-options']
      delete answer.headers['content-security-policy']
    },
    reports: /framed by another site/,
    advises: /X-Frame-Options/,
    isWarning: true
  }
]

t.test('each fault is reported, with what to do', (t) => checkFaults(t, faults))
