// Examples of the pages that ask for nothing: home, documents, messages and errors.
import type { PageData } from '../../../../plugins/pages/page-data.ts'
import type { Examples } from '../page-examples.ts'

const home: PageData['home'] = {
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
  servers: [],
  documents: 12,
  install: {
    name: 'mcp-oauth-server',
    cursor: 'cursor://anysphere.cursor-deeplink/mcp/install?name=mcp-oauth-server&config=eyJ1cmwiOiJodHRwczovL21jcC5leGFtcGxlLmNvbSJ9',
    vscode: 'vscode:mcp/install?%7B%22name%22%3A%22mcp-oauth-server%22%7D'
  },
  actions: { login: '/login' }
}

const serverTool = (name: string) => ({ name, title: name, description: 'Reads a record of a customer by its number.' })

export const openPages: Examples = {
  message: {
    view: 'message',
    data: {
      title: 'Check your e-mail',
      text: 'We sent a message to ada@example.com. Open the link in it to go on.',
      detail: ['No message? Check the spam folder.', 'Access keys still work.'],
      action: { label: 'Back to sign-in', href: '/login' }
    }
  },
  error: {
    view: 'error',
    data: {
      statusCode: 400,
      title: 'This sign-in has expired',
      text: 'This sign-in has expired, was already used, or was started in another browser. Go back to the app and connect again.',
      code: 'sign_in_expired',
      requestId: '0198d3a2-6d1c-4f0e-9f5b-2f1f0c8f6a11',
      action: { label: 'Go to the home page', href: '/' }
    }
  },
  'error-of-app': {
    view: 'error',
    data: {
      statusCode: 400,
      title: 'The app sent a request that is not accepted',
      text: 'The app that sent you asked for something that this server does not accept. Go back to the app and connect again.',
      code: 'invalid_request',
      reason: 'code_challenge is missing: PKCE is required',
      requestId: '0198d3a2-6d1c-4f0e-9f5b-2f1f0c8f6a11',
      action: { label: 'Back to the app at app.example.com', href: 'https://app.example.com/callback' }
    }
  },
  home: { view: 'home', data: home },
  'home-signed-in': {
    view: 'home',
    data: { ...home, user: { name: 'Ada Lovelace' }, actions: { logout: '/logout', token: 'c5b', account: '/account' } }
  },
  'home-with-servers': {
    view: 'home',
    data: {
      ...home,
      servers: [
        { name: 'crm', count: 1_040, tools: Array.from({ length: 40 }, (_, index) => serverTool(`crm_${index}`)) },
        { name: 'files', count: 1, tools: [serverTool('files_read')] }
      ]
    }
  },
  'home-without-tools': { view: 'home', data: { ...home, tools: [] } },
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
  'home-reading': {
    view: 'home',
    data: { ...home, leftOut: '3 files are left out (.zip and .psd)', reading: { done: 1_200, total: 40_000 } }
  },
  note: {
    view: 'document',
    data: {
      id: 'note:q3Zk0vX1cN8',
      title: 'Tides',
      text: 'High at **six**.',
      html: '<p>High at <strong>six</strong>.</p>',
      facts: [{ name: 'Format', value: 'Note' }],
      isNote: true,
      actions: { home: '/', notes: '/account/notes' }
    }
  },
  document: {
    view: 'document',
    data: {
      id: 'guides/connect.md',
      title: 'Connecting an app',
      text: '# Connecting an app\n\nPaste the address of the server into the app.\n\n    indented = kept\n\nA paragraph that is long enough to be wrapped at a width that people can read without losing the line, which is about seventy characters and no more than that.\n',
      facts: [{ name: 'Format', value: 'Markdown' }, { name: 'Changed', value: '2 January 2026 at 03:04 UTC', time: '2026-01-02T03:04:05.000Z' }],
      isNote: false,
      actions: { home: '/', open: '/documents/guides/connect.md?file', next: '/documents/guides/connect.md?part=9' }
    }
  }
}
