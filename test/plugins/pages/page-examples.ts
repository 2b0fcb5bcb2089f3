// One example of what each page is given, in the states that look different; the page tests render all of them.
import type { PageData } from '../../../plugins/pages/page-data.ts'

export type Example = { [Name in keyof PageData]: { view: Name; data: PageData[Name] } }[keyof PageData]

const interaction = 'q3Zk0vX1cN8'
const client = { name: 'ChatGPT', host: 'chatgpt.com' }
const login = { login: '/login', signup: '/signup?interaction=q3Zk0vX1cN8' }
const local = { id: 'local', title: 'Account on this server', password: { label: 'E-mail address' }, signUp: true }
const demo = { id: 'demo', title: 'Demo', oneClick: { label: 'Continue as a demo user' }, signUp: false }
const signup = {
  interaction,
  backend: 'local',
  client,
  actions: { signup: '/signup', login: '/login?interaction=q3Zk0vX1cN8' }
}
const consent: PageData['consent'] = {
  interaction,
  client: { name: 'ChatGPT', uri: 'https://openai.com/chatgpt', selfRegistered: false },
  redirect: { host: 'chatgpt.com', loopback: false },
  user: { name: 'Ada Lovelace', detail: 'ada@example.com' },
  opensNothing: false,
  scopes: [
    { scope: 'mcp:read', text: 'Search and read what this server shows you, and use its tools that only look' },
    { scope: 'mcp:write', text: 'Use the tools that change or save something for you' },
    { scope: 'offline_access', text: 'Stay connected while you are away, until you withdraw it' }
  ],
  actions: { consent: '/consent', switchAccount: '/login/switch' }
}
const home: PageData['home'] = {
  name: 'MCP OAuth Server',
  version: '0.1.0',
  url: 'https://mcp.example.com',
  signIn: ['Account on this server', 'Demo'],
  tools: [
    {
      name: 'search',
      title: 'Search the library',
      description:
        'Searches the documents of this server. Use it before answering a question about them; returns ids for fetch.'
    },
    { name: 'fetch', title: 'Read a document', description: 'Returns the full text of one document by its id.' },
    { name: 'calculate', title: 'Calculate', description: 'Works out an arithmetic expression exactly.' }
  ],
  documents: 12,
  actions: { login: '/login' }
}

const accountActions = {
  revoke: '/account/disconnect',
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
  asks: { apps: 0, methods: [], ticked: false },
  token: 'c5b',
  actions: { change: '/account/password', account: '/account', forgot: '/password/forgot' }
}
const asks = { apps: 2, methods: ['Example: ada@work.example'], ticked: false }
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

export const examples: Readonly<Record<string, Example>> = {
  login: { view: 'login', data: { interaction, client, backends: [local, demo], actions: login } },
  'login-refused': {
    view: 'login',
    data: {
      interaction,
      backends: [
        local,
        { ...local, id: 'staff', title: 'Staff directory', password: { label: 'Staff number' }, signUp: false }
      ],
      error: 'That did not match. Check what you typed and try again.',
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
            { id: 'google', label: 'Continue with Google' },
            { id: 'github', label: 'Continue with GitHub' }
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
      error: { field: 'name', message: 'Use at most 100 characters.' }
    }
  },
  'signup-form': {
    view: 'signup',
    data: { ...signup, error: { field: 'form', message: 'No more accounts can be made today.' } }
  },
  consent: { view: 'consent', data: consent },
  'consent-registered': {
    view: 'consent',
    data: {
      ...consent,
      client: { name: 'ChatGPT', uri: 'https://chat.example.net/', selfRegistered: true },
      redirect: { host: 'xn--chatgt-m8a.example.net:8443', loopback: false }
    }
  },
  'consent-document': {
    view: 'consent',
    data: {
      ...consent,
      client: {
        name: 'ChatGPT',
        selfRegistered: false,
        verified: { host: 'apps.example.net', isKnown: false, isElsewhere: true }
      },
      redirect: { host: 'evil.example', loopback: false }
    }
  },
  'consent-document-loopback': {
    view: 'consent',
    data: {
      ...consent,
      client: {
        name: 'Claude Code',
        selfRegistered: false,
        verified: { host: 'claude.ai', isKnown: true, isElsewhere: true }
      },
      redirect: { host: 'localhost:53127', loopback: true }
    }
  },
  'consent-loopback': {
    view: 'consent',
    data: {
      ...consent,
      client: { name: 'Claude Code', selfRegistered: true },
      redirect: { host: 'localhost:53127', loopback: true },
      user: { name: 'Demo' }
    }
  },
  message: {
    view: 'message',
    data: {
      title: 'Check your mailbox',
      text: 'We sent a message to ada@example.com. Open the link in it to go on.',
      detail: 'Nothing there? Look into the spam folder.',
      action: { label: 'Back to sign-in', href: '/login' }
    }
  },
  error: {
    view: 'error',
    data: {
      statusCode: 400,
      title: 'This sign-in has ended',
      text: 'This sign-in has expired, was already used, or was started in another browser. Go back to the app and connect again.',
      code: 'sign_in_expired',
      requestId: '0198d3a2-6d1c-4f0e-9f5b-2f1f0c8f6a11',
      action: { label: 'Go to the start page', href: '/' }
    }
  },
  home: { view: 'home', data: home },
  'home-signed-in': {
    view: 'home',
    data: { ...home, user: { name: 'Ada Lovelace' }, actions: { logout: '/logout', token: 'c5b', account: '/account' } }
  },
  'home-open': {
    view: 'home',
    data: {
      ...home,
      url: 'http://localhost:8080',
      signIn: [],
      documents: 1,
      tools: home.tools.slice(0, 1),
      actions: {}
    }
  },
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
    data: { ...password, asks: { apps: 1, methods: ['Example: ada@work.example', 'Company account'], ticked: false } }
  },
  question: {
    view: 'question',
    data: {
      title: 'Add this sign-in method?',
      text: 'Whoever signs in with it enters your account from then on, as if they knew your password.',
      subject: 'Example: ada@work.example',
      fields: { token: 'c5b', interaction },
      answer: 'Yes, it is mine: add it',
      instead: { label: 'Do not add it', href: '/account' },
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
          verifiedHost: 'chatgpt.com',
          connected: '2026-11-02',
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
          connected: '2026-10-30',
          calls: 0
        }
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
      asks: { apps: 0, methods: [], ticked: false },
      canAddMethod: false,
      own: [],
      apps: [],
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
  },
  document: {
    view: 'document',
    data: {
      id: 'guides/connect.md',
      title: 'Connecting an app',
      text: '# Connecting an app\n\nPaste the address of the server into the app.\n\n    indented = kept\n\nA paragraph that is long enough to be wrapped at a width that people can read without losing the line, which is about seventy characters and no more than that.\n',
      metadata: { type: 'text/markdown', modified: '2026-11-23' },
      actions: { home: '/', next: '/documents/guides/connect.md?part=9' }
    }
  }
}
