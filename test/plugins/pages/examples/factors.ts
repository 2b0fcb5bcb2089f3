// Examples of the pages of a person's second factors.
import type { PageData } from '../../../../plugins/pages/page-data.ts'
import type { Examples } from '../page-examples.ts'

const factors: PageData['second-factors'] = {
  factors: [
    { id: 'a', kind: 'passkey', name: 'Ann’s laptop', added: '28 Nov 2026', lastUsed: '29 Nov 2026, 09:14 UTC', isBackedUp: true },
    { id: 'b', kind: 'app', name: 'Phone', added: '28 Nov 2026' },
    { id: 'c', kind: 'passkey', name: 'Key at home', added: '1 Feb 2026', madeFor: 'old.example.com' }
  ],
  codes: 3,
  mayAdd: true,
  takesPasskeys: true,
  token: 'c5b',
  actions: {
    passkey: '/account/second-factors/passkey',
    app: '/account/second-factors/app',
    codes: '/account/second-factors/codes',
    rename: '/account/second-factors/name',
    remove: '/account/second-factors/remove',
    account: '/account'
  }
}
const passkey = {
  state: 'sealed',
  options: '{"challenge":"AAAA","rpId":"mcp.example.com"}'
}
const addPasskey: PageData['add-passkey'] = {
  ...passkey,
  token: 'c5b',
  actions: { add: '/account/second-factors/passkey', app: '/account/second-factors/app', factors: '/account/second-factors' }
}
/** A square of black and white. */
const qr = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0h2v2H0z" fill="#fff"/><path d="M0 0h1v1H0z"/></svg>'
).toString('base64')
const addApp: PageData['add-app'] = {
  state: 'sealed',
  qr,
  secret: 'JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP',
  name: '',
  token: 'c5b',
  actions: { add: '/account/second-factors/app', factors: '/account/second-factors' }
}
const prove: PageData['prove-factor'] = {
  path: '/account/second-factors',
  passkey,
  token: 'c5b',
  actions: { prove: '/account/second-factors/prove', account: '/account' }
}

export const factorPages: Examples = {
  'second-factors': { view: 'second-factors', data: factors },
  'second-factors-none': { view: 'second-factors', data: { ...factors, factors: [], codes: 0 } },
  'second-factors-full': { view: 'second-factors', data: { ...factors, codes: 10, mayAdd: false, takesPasskeys: false } },
  'add-passkey': { view: 'add-passkey', data: addPasskey },
  'add-passkey-refused': {
    view: 'add-passkey',
    data: { ...addPasskey, error: 'The passkey could not be checked. Try again.' }
  },
  'add-app': { view: 'add-app', data: addApp },
  'add-app-wrong': { view: 'add-app', data: { ...addApp, name: 'Phone', error: 'This code is wrong or too old.' } },
  'recovery-codes': {
    view: 'recovery-codes',
    data: {
      codes: Array.from({ length: 10 }, (_, n) => `7k3m${n}-q9x2w`),
      actions: { next: '/account/second-factors' }
    }
  },
  'prove-factor': { view: 'prove-factor', data: prove },
  'prove-factor-wrong': {
    view: 'prove-factor',
    data: { path: prove.path, token: prove.token, actions: prove.actions, error: 'This code is wrong, or was already used.' }
  }
}
