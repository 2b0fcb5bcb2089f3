// Examples of the pages about attempts to connect, in every state.
import type { ShownAttempt } from '../../../../plugins/pages/admin-connections-page-data.ts'
import type { Examples } from '../page-examples.ts'

const frame = {
  rooms: [
    { label: 'Administration', href: '/admin', isHere: false },
    { label: 'Connections', href: '/admin/connections', isHere: true }
  ],
  token: 'c5b'
}
const live = '/admin/connections/live'
const connected: ShownAttempt = {
  href: '/admin/connection?id=a',
  app: 'Claude',
  person: 'Ann Example',
  begun: 'Nov 29, 2026, 06:44 AM UTC',
  state: { tone: 'good', label: 'Connected' }
}
const failed: ShownAttempt = {
  ...connected,
  app: 'Cursor',
  state: { tone: 'bad', label: 'Failed' }
}
const { app: _, person: __, ...nameless } = connected
const stopped: ShownAttempt = { ...nameless, state: { tone: 'off', label: 'Stopped' } }
const means = 'The app wants people sent back to an address that it has not registered.'
const choices = ['All', 'Failed', 'Not finished', 'Connected', 'Only looked'].map((label, index) => ({
  label,
  href: `/admin/connections?show=${index}`,
  isHere: index === 0
}))
const list = { ...frame, live, choices, isFiltered: false }

const advice = {
  means,
  todo: 'If you trust the app, add the address to its entry in CLIENTS.'
}

const story = {
  ...failed,
  facts: [
    { label: 'Client ID', value: 'https://app.example/oauth/client.json' },
    { label: 'Network', value: '2001:db8:1234:5678::/64' }
  ],
  steps: [
    { at: '06:44:01', text: 'It asked without a token, and was told to sign in.' },
    {
      at: '06:44:03',
      text: 'Its request to sign somebody in was refused.',
      means,
      code: 'redirect_uri'
    }
  ],
  others: [],
  isUncertain: false,
  report: `Attempt: VyEI1trX7dskzF2H.Ab3dE6gH\nServer: https://mcp.example.com, mcp-oauth-server 0.1.0\nWhat it means: ${means}`
}

const { app: ___, person: ____, ...unnamed } = story

export const connectionPages: Examples = {
  connections: {
    view: 'admin/connections',
    data: {
      ...list,
      attempts: [
        { ...failed, means, tries: 3 },
        { ...connected, tries: 1 },
        {
          ...connected,
          state: { tone: '', label: 'Under way' },
          means: 'The person is at the sign-in page.',
          tries: 1
        },
        {
          ...stopped,
          means: 'The app has registered, and has not sent anybody here yet.',
          tries: 1
        }
      ],
      probes: { count: 12, href: '/admin/connections?show=probes' },
      newer: '/admin/connections?show=all',
      older: '/admin/connections?show=all&page=3'
    }
  },
  'connections-none': { view: 'admin/connections', data: { ...list, attempts: [] } },
  'connections-none-shown': {
    view: 'admin/connections',
    data: { ...list, attempts: [], isFiltered: true }
  },
  connection: {
    view: 'admin/connection',
    data: {
      ...frame,
      live,
      all: '/admin/connections',
      attempt: { ...story, advice, code: 'redirect_uri', others: [connected, stopped] }
    }
  },
  'connection-good': {
    view: 'admin/connection',
    data: { ...frame, live, all: '/admin/connections', attempt: { ...story, ...connected } }
  },
  'connection-uncertain': {
    view: 'admin/connection',
    data: {
      ...frame,
      live,
      all: '/admin/connections',
      attempt: { ...unnamed, state: stopped.state, advice, others: [connected, failed], isUncertain: true }
    }
  },
  'connection-gone': {
    view: 'admin/connection',
    data: { ...frame, live, all: '/admin/connections' }
  }
}
