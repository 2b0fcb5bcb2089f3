// Examples of the pages on the way in: signing in, signing up, and the question whether an app may connect.
import type { PageData } from '../../../../plugins/pages/page-data.ts'
import type { Examples } from '../page-examples.ts'

export const interaction = 'q3Zk0vX1cN8'
const client = { name: 'ChatGPT', host: 'chatgpt.com' }
const login = { login: '/login', signup: '/signup?interaction=q3Zk0vX1cN8' }
const local = { id: 'local', title: 'Account on this server', password: { label: 'Email address', isEmail: true }, signUp: true }
const demo = { id: 'demo', title: 'Demo', oneClick: { label: 'Continue as a demo user' }, signUp: false }
const signup = {
  interaction,
  backend: 'local',
  client,
  actions: { signup: '/signup', login: '/login?interaction=q3Zk0vX1cN8' }
}
export const consent: PageData['consent'] = {
  interaction,
  client: { name: 'ChatGPT', verified: 'chatgpt.com', doubts: {} },
  redirect: { host: 'chatgpt.com', loopback: false },
  user: 'ada@example.com',
  opensNothing: false,
  scopes: [
    { scope: 'mcp:read', text: 'Search and read documents and your notes, and use read-only tools' },
    { scope: 'mcp:write', text: 'Create, edit and delete your notes, and use tools that change things' },
    { scope: 'offline_access', text: 'Stay connected while you are away' }
  ],
  less: {
    isOpen: false,
    readOnly: { field: 'read_only', isTicked: false },
    tools: [
      { field: 'without.search', name: 'search', title: 'Search documents and notes', isTicked: false },
      { field: 'without.delete_note', name: 'delete_note', title: 'Delete a note', isTicked: false }
    ],
    upstreams: [
      { field: 'without.upstream:files', name: 'files', isTicked: false },
      { field: 'without.upstream:crm', name: 'crm', isTicked: false }
    ]
  },
  uses: 'files, crm',
  ends: '3 Nov 2027',
  actions: { consent: '/consent', switchAccount: '/login/switch', account: '/account' }
}

export const signInPages: Examples = {
  login: { view: 'login', data: { interaction, client, backends: [local, demo], actions: login } },
  'login-refused': {
    view: 'login',
    data: {
      interaction,
      backends: [
        local,
        { ...local, id: 'staff', title: 'Staff directory', password: { label: 'Staff number' }, signUp: false }
      ],
      error: 'Incorrect e-mail address or password.',
      failedBackend: 'local',
      identifier: 'ada@example.com',
      actions: login
    }
  },
  'login-error': {
    view: 'login',
    data: {
      interaction,
      client,
      backends: [demo],
      error: 'The demo is full at the moment.',
      actions: { login: '/login' }
    }
  },
  'login-everything': {
    view: 'login',
    data: {
      interaction,
      client,
      backends: [
        {
          id: 'supabase',
          title: 'Supabase account',
          password: { label: 'E-mail address' },
          redirect: [
            { id: 'google', label: 'Continue with Google', mark: 'google' },
            { id: 'github', label: 'Continue with GitHub', mark: 'github' }
          ],
          emailCode: { label: 'E-mail address' },
          signUp: true
        },
        demo
      ],
      actions: login
    }
  },
  'login-redirect': {
    view: 'login',
    data: {
      interaction,
      client,
      backends: [
        { id: 'oidc', title: 'Example', redirect: [{ id: 'oidc', label: 'Continue with Example' }], signUp: false }
      ],
      error:
        'Example cannot be reached right now. Nobody was signed in and nothing was changed. Try again in a few seconds.',
      failedBackend: 'oidc',
      actions: { login: '/login' }
    }
  },
  'login-code': {
    view: 'login',
    data: {
      interaction,
      backends: [{ id: 'mail', title: 'Mail', emailCode: { label: 'E-mail address' }, signUp: false }],
      actions: { login: '/login' }
    }
  },
  'login-proof': { view: 'login', data: { interaction, client, proving: true, backends: [local], actions: login } },
  'login-link': { view: 'login', data: { interaction, adding: true, backends: [], actions: { login: '/login' } } },
  code: {
    view: 'code',
    data: {
      interaction,
      client,
      prompt: 'Write the code that your authenticator app shows for ada@example.com.',
      actions: { code: '/login/code', login: '/login?interaction=q3Zk0vX1cN8' }
    }
  },
  'code-wrong': {
    view: 'code',
    data: {
      interaction,
      prompt: 'We sent a code to ada@example.com.',
      error: 'That code is wrong or has expired. Try the newest one.',
      actions: { code: '/login/code', login: '/login?interaction=q3Zk0vX1cN8' }
    }
  },
  choice: {
    view: 'choice',
    data: {
      interaction,
      client,
      email: 'ada@example.com',
      methods: ['Account on this server', 'Example'],
      actions: { choice: '/login/account' }
    }
  },
  signup: { view: 'signup', data: { ...signup, invite: 'inv_7w2' } },
  'signup-password': {
    view: 'signup',
    data: {
      ...signup,
      email: 'ada@example.com',
      name: 'Ada',
      error: { field: 'password', message: 'This password is in every list of common passwords. Choose another.' }
    }
  },
  'signup-email': {
    view: 'signup',
    data: {
      ...signup,
      email: 'ada@example.com',
      error: { field: 'email', message: 'This address may not sign in here.' }
    }
  },
  'signup-name': {
    view: 'signup',
    data: {
      ...signup,
      email: 'ada@example.com',
      name: 'A',
      error: { field: 'name', message: 'No more than 100 characters.' }
    }
  },
  'signup-form': {
    view: 'signup',
    data: { ...signup, error: { field: 'form', message: 'No more accounts can be made today.' } }
  },
  consent: { view: 'consent', data: consent },
  'consent-less': {
    view: 'consent',
    data: {
      ...consent,
      less: {
        isOpen: true,
        readOnly: { field: 'read_only', isTicked: true },
        tools: consent.less!.tools.map((tool) => ({ ...tool, isTicked: true })),
        upstreams: consent.less!.upstreams.map((one) => ({ ...one, isTicked: true }))
      }
    }
  },
  'consent-registered': {
    view: 'consent',
    data: {
      ...consent,
      client: { name: 'ChatGPT', doubts: { name: true } },
      redirect: { host: 'xn--chatgt-m8a.example.net:8443', loopback: false }
    }
  },
  'consent-document': {
    view: 'consent',
    data: {
      ...consent,
      client: { name: 'ChatGPT', doubts: { onlyHost: 'apps.example.net', elsewhere: 'evil.example' } },
      redirect: { host: 'evil.example', loopback: false }
    }
  },
  'consent-document-loopback': {
    view: 'consent',
    data: {
      ...consent,
      client: { name: 'Claude Code', doubts: { described: 'claude.ai' } },
      redirect: { host: 'localhost:53127', loopback: true }
    }
  },
  'consent-loopback': {
    view: 'consent',
    data: {
      ...consent,
      client: { name: 'Claude Code', doubts: { program: true } },
      redirect: { host: 'localhost:53127', loopback: true },
      user: 'Demo'
    }
  }
}
