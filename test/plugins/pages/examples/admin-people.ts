// Examples of the pages of owners about people, invitations, apps and access keys.
import type { RowList } from '../../../../plugins/pages/admin-people-page-data.ts'
import type { Examples } from '../page-examples.ts'
import { frame } from './admin.ts'

const pager = { page: 1 }
const apps: RowList = {
  heading: 'App',
  none: 'No app is connected.',
  action: '/admin/person',
  rows: [
    {
      title: 'ChatGPT',
      href: '/admin/apps?app=https%3A%2F%2Fchatgpt.com%2Foauth%2Fclient.json',
      facts: [
        { label: 'Connected', value: 'Nov 2, 2026' },
        { label: 'Last used', value: 'Nov 28, 2026' },
        { label: 'Calls in 30 days', value: '1,204' }
      ],
      acts: [{ label: 'Disconnect', fields: { person: 'u1', act: 'end-app', app: 'g1' } }]
    }
  ]
}
const keys: RowList = {
  heading: 'Access key',
  none: 'There are no access keys.',
  action: '/admin/keys',
  rows: [
    {
      title: 'n8n on the server',
      href: '/admin/person?person=u1',
      detail: 'mcp_key_Bx3kQ0pZr7Tn2Wv9… mcp:read',
      facts: [
        { label: 'Person', value: 'Ada Lovelace' },
        { label: 'Made', value: 'Nov 2, 2026' },
        { label: 'Ends', value: 'Jan 30, 2027' },
        { label: 'Last used', value: 'not yet' }
      ],
      acts: [{ label: 'Revoke', fields: { act: 'revoke-key', key: 'k1' } }]
    }
  ]
}
const invitations: RowList = {
  heading: 'For',
  none: 'There are no invitations.',
  action: '/admin/invitations',
  rows: [
    {
      title: 'grace@example.com',
      state: 'Open',
      facts: [
        { label: 'Invited by', value: 'Ada Lovelace' },
        { label: 'Made', value: 'Nov 27, 2026' },
        { label: 'Ends', value: 'Dec 4, 2026' },
        { label: 'Groups', value: 'finance' }
      ],
      acts: [{ label: 'Send again', fields: { act: 'resend', id: 'i1' } }, { label: 'Withdraw', fields: { act: 'withdraw', id: 'i1' } }]
    },
    {
      title: 'Anyone with the link',
      state: 'Used',
      facts: [
        { label: 'Invited by', value: 'Operator' },
        { label: 'Made', value: 'Nov 20, 2026' },
        { label: 'Ends', value: 'Nov 27, 2026' },
        { label: 'Groups', value: '–' }
      ],
      acts: []
    }
  ]
}

export const adminPeoplePages: Examples = {
  'admin-people': {
    view: 'admin/people',
    data: {
      ...frame('People'),
      count: '2 entries',
      pager: { page: 1, next: '/admin/people?page=2' },
      query: 'ada',
      people: [
        { name: 'Ada Lovelace', detail: 'ada@example.com', href: '/admin/person?person=u1', marks: ['Owner'], groups: 'finance, research', lastSignIn: 'Nov 28, 2026' },
        { name: 'محمد بن موسى الخوارزمي', href: '/admin/person?person=u2', marks: ['Locked', 'Temporary'], groups: '', lastSignIn: 'Nov 1, 2026' }
      ],
      actions: { search: '/admin/people', invite: '/admin/invitations' }
    }
  },
  'admin-people-none': {
    view: 'admin/people',
    data: { ...frame('People'), count: '0 entries', pager, query: 'x', people: [], actions: { search: '/admin/people', invite: '/admin/invitations' } }
  },
  'admin-person': {
    view: 'admin/person',
    data: {
      ...frame('People'),
      notice: 'The group was added.',
      id: 'u1',
      name: 'Ada Lovelace',
      marks: ['Owner'],
      facts: [{ label: 'Email address', value: 'ada@example.com (verified)' }, { label: 'Here since', value: 'Nov 2, 2026' }],
      groups: [{ name: 'finance' }, { name: 'research', by: 'as oidc says' }],
      methods: ['Account on this server: ada@example.com'],
      factors: ['Phone'],
      lists: [apps, { ...keys, rows: [] }],
      isLocked: false,
      typed: { group: '' },
      asks: [
        { label: 'Take away ownership', hint: 'They can no longer open these pages.', href: '/admin/person?person=u1&ask=no-owner', danger: true },
        { label: 'Send a link for a new password', hint: 'For somebody who has lost theirs.', href: '/admin/person?person=u1&ask=reset', danger: false }
      ],
      actions: { act: '/admin/person' }
    }
  },
  'admin-confirm': {
    view: 'admin/confirm',
    data: {
      ...frame('People'),
      title: 'Delete the account of Ada Lovelace?',
      text: 'Everything that this server stores about this person is deleted. It cannot be undone.',
      fields: { person: 'u1', act: 'delete' },
      button: 'Delete the account',
      danger: true,
      typed: { label: 'Type ada@example.com to confirm', error: 'This does not match. Nothing was deleted.' },
      actions: { act: '/admin/person', back: '/admin/person?person=u1' }
    }
  },
  'admin-link': {
    view: 'admin/link',
    data: {
      ...frame('Invitations'),
      title: 'Hand over this link',
      text: 'It lets one person create an account here. It is shown only this once.',
      link: 'https://mcp.example.com/signup?invite=Kx3mQ0pZr7T.Bx3kQ0pZr7Tn2Wv9c9Lm4Yd8Hs1Jg6RfXq5Vb2Nk7P',
      actions: { back: '/admin/invitations' }
    }
  },
  'admin-invitations': {
    view: 'admin/invitations',
    data: {
      ...frame('Invitations'),
      hint: 'The link is sent to this address.',
      typed: { email: 'grace', groups: '', language: 'en' },
      error: 'Enter an email address, for example ann@example.com.',
      languages: [{ code: 'en', name: 'English' }, { code: 'ja', name: '日本語' }],
      lists: [invitations],
      actions: { act: '/admin/invitations' }
    }
  },
  'admin-apps': {
    view: 'admin/apps',
    data: { ...frame('Apps'), count: '1 entry', pager, lists: [{ ...apps, rows: apps.rows.map((row) => ({ ...row, acts: [] })) }] }
  },
  'admin-app': {
    view: 'admin/app',
    data: {
      ...frame('Apps'),
      count: '1 entry',
      pager,
      name: 'ChatGPT',
      facts: [{ label: 'Returns to', value: 'chatgpt.com' }, { label: 'Client id', value: 'https://chatgpt.com/oauth/client.json' }],
      lists: [apps],
      ask: '/admin/apps?app=x&ask=end-all'
    }
  },
  'admin-keys': { view: 'admin/keys', data: { ...frame('Access keys'), count: '1 entry', pager, lists: [keys] } },
  'signup-invited': {
    view: 'signup',
    data: {
      interaction: 'q3Zk0vX1cN8',
      backend: 'local',
      invite: 'i1.x',
      invited: { by: 'Ada Lovelace', email: 'grace@example.com' },
      email: 'grace@example.com',
      elsewhere: true,
      actions: { signup: '/signup', login: '/login?interaction=q3Zk0vX1cN8' }
    }
  }
}
