// Examples of the pages about a person's own account, and of what a link in a message opens.
import type { PageData } from '../../../../plugins/pages/page-data.ts'
import type { Examples } from '../page-examples.ts'
import { consent, interaction } from './sign-in.ts'

const accountActions = {
  revoke: '/account/disconnect',
  createKey: '/account/keys',
  revokeKey: '/account/keys/revoke',
  keyList: '/account/keys.json',
  logout: '/logout',
  signOutEverywhere: '/account/sign-out-everywhere',
  link: '/account/sign-in',
  remove: '/account/delete',
  activity: '/account/activity.jsonl',
  notes: '/account/notes.json',
  home: '/'
}

const password: PageData['password'] = {
  backend: 'local',
  email: 'ada@example.com',
  asks: { apps: 0, keys: 0, methods: [], ticked: false },
  token: 'c5b',
  actions: { change: '/account/password', account: '/account', forgot: '/password/forgot' }
}
const asks = { apps: 2, keys: 3, methods: ['Example: ada@work.example'], ticked: false }
const prove: PageData['prove'] = {
  path: '/account/sign-in',
  token: 'c5b',
  password: { backend: 'local', email: 'ada@example.com' },
  actions: { prove: '/account/prove', account: '/account' }
}
const address: PageData['address'] = {
  backend: 'local',
  email: 'ada@example.com',
  sendsMail: true,
  token: 'c5b',
  actions: { change: '/account/email', account: '/account' }
}

export const accountPages: Examples = {
  forgot: { view: 'forgot', data: { actions: { forgot: '/password/forgot' } } },
  reset: { view: 'reset', data: { link: 'k3x', email: 'ada@example.com', actions: { reset: '/password/reset' } } },
  'reset-refused': {
    view: 'reset',
    data: {
      link: 'k3x',
      email: 'ada@example.com',
      error: 'This password is too easy to guess. Use a few unrelated words.',
      actions: { reset: '/password/reset' }
    }
  },
  'reset-asks': {
    view: 'reset',
    data: {
      link: 'k3x',
      email: 'ada@example.com',
      asks: { ...asks, ticked: true },
      actions: { reset: '/password/reset' }
    }
  },
  'password-asks': {
    view: 'password',
    data: { ...password, asks: { apps: 1, keys: 1, methods: ['Example: ada@work.example', 'Company account'], ticked: false } }
  },
  question: {
    view: 'question',
    data: {
      title: 'Add this sign-in method?',
      text: 'Whoever signs in with it enters your account from then on, as if they knew your password.',
      subject: 'Example: ada@work.example',
      fields: { token: 'c5b', interaction },
      answer: 'Yes, it is mine: add it',
      instead: { label: 'Cancel', href: '/account' },
      actions: { answer: '/account/sign-in/add' }
    }
  },
  prove: { view: 'prove', data: prove },
  'prove-wrong': {
    view: 'prove',
    data: { ...prove, error: 'This is not your current password. Nothing was changed.' }
  },
  'prove-elsewhere': { view: 'prove', data: { path: prove.path, token: prove.token, actions: prove.actions } },
  confirm: {
    view: 'confirm',
    data: { link: 'k3x', email: 'ada@example.com', actions: { confirm: '/email/confirm' } }
  },
  'confirm-change': {
    view: 'confirm',
    data: { link: 'k3x', email: 'ada@example.org', replaces: 'ada@example.com', actions: { confirm: '/email/change' } }
  },
  password: { view: 'password', data: password },
  'password-wrong': {
    view: 'password',
    data: {
      ...password,
      error: { field: 'current', message: 'This is not your current password. Nothing was changed.' }
    }
  },
  'password-weak': {
    view: 'password',
    data: {
      ...password,
      error: { field: 'next', message: 'This password is too easy to guess. Use a few unrelated words.' }
    }
  },
  address: { view: 'address', data: address },
  'address-unsent': { view: 'address', data: { ...address, sendsMail: false } },
  'address-refused': {
    view: 'address',
    data: {
      ...address,
      next: 'ada',
      error: { field: 'email', message: 'Write an e-mail address, for example ann@example.com.' }
    }
  },
  'address-wrong': {
    view: 'address',
    data: {
      ...address,
      next: 'ada@example.org',
      error: { field: 'password', message: 'This is not your current password. Nothing was changed.' }
    }
  },
  account: {
    view: 'account',
    data: {
      user: { name: 'Ada Lovelace', detail: 'ada@example.com' },
      methods: [
        { text: 'Account on this server: ada@example.com', remove: '/account/sign-in/remove?way=x' },
        { text: 'Example: ada@work.example', remove: '/account/sign-in/remove?way=y' }
      ],
      asks,
      factors: { count: 2, codes: 1, href: '/account/second-factors' },
      canAddMethod: true,
      own: [
        {
          email: 'ada@example.com',
          actions: { password: '/account/password?backend=local', address: '/account/email?backend=local' }
        }
      ],
      apps: [
        {
          id: 'g1',
          name: 'ChatGPT',
          host: 'chatgpt.com',
          loopback: false,
          scopes: consent.scopes.map(({ text }) => text),
          less: ['Without delete_note, update_note'],
          uses: 'files, crm',
          verifiedHost: 'chatgpt.com',
          connected: '2026-11-02',
          ends: '2027-11-03',
          firstUsed: '2026-11-02',
          lastUsed: '2026-11-23',
          calls: 1204
        },
        {
          id: 'g2',
          name: 'Claude Code',
          host: 'localhost:53127',
          loopback: true,
          scopes: [consent.scopes[0]!.text],
          less: ['Read only'],
          connected: '2026-10-30',
          ends: '2027-10-31',
          calls: 0
        },
        {
          id: 'g3',
          name: 'Claude',
          organization: 'acme.okta.com',
          scopes: [consent.scopes[0]!.text],
          less: [],
          connected: '2026-11-23',
          calls: 3
        }
      ],
      keys: [
        {
          id: 'Bx3kQ0pZr7Tn2Wv9',
          name: 'n8n on the server',
          scopes: [consent.scopes[0]!.text],
          created: '2026-11-01',
          ends: '2027-01-30',
          lastUsed: '2026-11-23 09:10',
          address: '192.0.2.7'
        },
        { id: 'c9Lm4Yd8Hs1Jg6Rf', name: 'CI', scopes: consent.scopes.map(({ text }) => text), created: '2026-11-02', ends: '2026-12-02' }
      ],
      events: [
        { at: '2026-11-23 09:14', text: 'ChatGPT called search' },
        { at: '2026-11-23 09:12', text: 'You allowed ChatGPT', address: '2001:db8:0:7::/64' }
      ],
      token: 'c5b',
      actions: accountActions
    }
  },
  'account-empty': {
    view: 'account',
    data: {
      user: { name: 'Demo' },
      until: '2026-11-24 09:14',
      methods: [{ text: 'Demo: Demo user 3F2A' }],
      asks: { apps: 0, keys: 0, methods: [], ticked: false },
      factors: { count: 0, codes: 0, href: '/account/second-factors' },
      canAddMethod: false,
      own: [],
      apps: [],
      keys: [],
      events: [],
      token: 'c5b',
      actions: accountActions
    }
  },
  delete: {
    view: 'delete',
    data: {
      user: { name: 'Ada Lovelace', detail: 'ada@example.com' },
      token: 'c5b',
      actions: { remove: '/account/delete', account: '/account' }
    }
  }
}
