// The sign-in: missing refresh tokens, cached tokens and a revocation that fails are reported.
import t from 'tap'
import { at, checkFaults, type Fault } from './examination.ts'

const faults: Fault[] = [
  {
    name: 'no refresh token',
    change: at('/token', (json) => {
      delete json['refresh_token']
    }),
    reports: /no refresh token/,
    advises: /sign in again/,
    signsIn: true,
    isWarning: true
  },
  {
    name: 'tokens that may be cached',
    change: ({ request, answer }) => {
      if (request.path === '/token') answer.headers['cache-control'] = 'public'
    },
    reports: /without Cache-Control: no-store/,
    advises: /store them/,
    signsIn: true,
    isWarning: true
  },
  {
    name: 'revocation that does nothing',
    change: ({ request, answer }) => {
      if (request.path === '/revoke') answer.status = 503
    },
    reports: /could not be revoked: 503/,
    advises: /expect its access to end/,
    signsIn: true
  }
]

t.test('each fault is reported, with what to do', (t) => checkFaults(t, faults))
