// Examples of the pages on the way in: signing in, signing up, and the question whether an app may connect.
import type { Mark } from '../../../../auth-backends/contract.ts'
import type { PageData } from '../../../../plugins/pages/page-data.ts'
import type { SignInWay } from '../../../../plugins/pages/sign-in-page-data.ts'
import type { Examples } from '../page-examples.ts'

export const interaction = 'q3Zk0vX1cN8'
const client = { name: 'ChatGPT', host: 'chatgpt.com' }
const login = { login: '/login', passkey: '/login/passkey' }
const passkey: SignInWay = { kind: 'passkey', id: 'passkey', label: 'Sign in with a passkey', state: 's3al', options: '{}' }
const local: SignInWay = {
  kind: 'password',
  id: 'password local',
  backend: 'local',
  title: 'Account on this server',
  label: 'E-mail address',
  isMail: true,
  forgot: '/password/forgot',
  signUp: '/signup?interaction=q3Zk0vX1cN8&backend=local'
}
const staff: SignInWay = { kind: 'other', id: 'password staff', label: 'Continue with Staff directory', href: '/login?with=x' }
const code: SignInWay = { kind: 'code', id: 'code mail', backend: 'mail', title: 'Mail', label: 'E-mail address', isMail: true }
const demo: SignInWay = { kind: 'one click', id: 'one click demo', backend: 'demo', label: 'Continue as a demo user' }
const provider = (id: string, label: string, mark?: Mark): SignInWay => ({
  kind: 'redirect',
  id: `redirect oidc ${id}`,
  backend: 'oidc',
  provider: id,
  label,
  ...(mark && { mark })
})
const google = provider('google', 'Continue with Google', 'google')
const question = { state: 's3al', options: '{}' }
const factor: PageData['factor'] = {
  interaction,
  hasApp: true,
  actions: { factor: '/login/factor', login: '/login?interaction=q3Zk0vX1cN8' }
}
const enrol: PageData['factor-enrol'] = {
  interaction,
  app: { state: 's3al', secret: 'JBSW Y3DP EHPK 3PXP', qr: 'PHN2Zy8+' },
  actions: { factor: '/login/factor', login: '/login?interaction=q3Zk0vX1cN8' }
}
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
  login: { view: 'login', data: { interaction, client, ways: [local, demo], actions: login } },
  'login-refused': {
    view: 'login',
    data: {
      interaction,
      ways: [{ ...local, error: 'Incorrect email or password.', identifier: 'ada@example.com' }, staff],
      actions: login
    }
  },
  'login-error': {
    view: 'login',
    data: { interaction, client, ways: [demo], error: 'The demo is full at the moment.', actions: login }
  },
  'login-everything': {
    view: 'login',
    data: {
      interaction,
      client,
      ways: [google, provider('github', 'Continue with GitHub', 'github'), local, staff, passkey, demo],
      actions: login
    }
  },
  'login-last': {
    view: 'login',
    data: { interaction, client, ways: [{ ...google, isLast: true }, local, staff, demo], actions: login }
  },
  'login-last-form': {
    view: 'login',
    data: { interaction, client, ways: [{ ...local, isLast: true }, google, demo], actions: login }
  },
  'login-redirect': {
    view: 'login',
    data: {
      interaction,
      client,
      ways: [provider('oidc', 'Continue with Example')],
      error:
        'Example cannot be reached right now. Nobody was signed in and nothing was changed. Try again in a few seconds.',
      actions: login
    }
  },
  'login-code': { view: 'login', data: { interaction, ways: [code], actions: login } },
  'login-proof': { view: 'login', data: { interaction, client, proving: true, ways: [local], actions: login } },
  'login-link': { view: 'login', data: { interaction, adding: true, ways: [], actions: login } },
  'login-passkey': {
    view: 'login',
    data: { interaction, client, ways: [{ ...passkey, isLast: true }, local], actions: login }
  },
  factor: { view: 'factor', data: { ...factor, client, passkey: question, lost: { kind: 'available' } } },
  'factor-wrong': {
    view: 'factor',
    data: { ...factor, hasApp: false, error: 'Wrong or expired code.', lost: { kind: 'waiting', until: '1 Dec 2026, 10:00 UTC' } }
  },
  'factor-step-up': { view: 'factor', data: { ...factor, actions: { factor: '/login/factor' } } },
  'factor-enrol': { view: 'factor-enrol', data: { ...enrol, client, passkey: question } },
  'factor-enrol-wrong': { view: 'factor-enrol', data: { ...enrol, error: 'That did not work, so nothing was added. Try again.' } },
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
      error: 'Wrong or expired code. Use the latest one.',
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
      separate: true,
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
