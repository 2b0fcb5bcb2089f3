// Examples of the pages that make an access key, and show it once.
import type { PageData } from '../../../../plugins/pages/page-data.ts'
import type { Examples } from '../page-examples.ts'

const accessKey: PageData['access-key'] = {
  name: '',
  mayWrite: false,
  days: 90,
  maxDays: 366,
  rights: {
    read: 'Search and read documents and your notes, and use read-only tools',
    write: 'Create, edit and delete your notes, and use tools that change things'
  },
  token: 'c5b',
  actions: { create: '/account/keys', account: '/account' }
}

export const keyPages: Examples = {
  'access-key': { view: 'access-key', data: accessKey },
  'access-key-refused': {
    view: 'access-key',
    data: {
      ...accessKey,
      name: 'CI',
      mayWrite: true,
      days: 900,
      error: { field: 'days', message: 'Write a number of days from 1 to 366.' }
    }
  },
  'access-key-nameless': {
    view: 'access-key',
    data: { ...accessKey, error: { field: 'name', message: 'Give the key a name, for example that of the program.' } }
  },
  'new-access-key': {
    view: 'new-access-key',
    data: {
      secret: 'mcp_key_Bx3kQ0pZr7Tn2Wv9c9Lm4Yd8Hs1Jg6RfXq5Vb2Nk7Pt3Zw8M0aB1c2',
      name: 'n8n on the server',
      rights: [accessKey.rights.read],
      ends: 'Jan 30, 2027, 09:14 AM UTC',
      url: 'https://mcp.example.com',
      actions: { account: '/account' }
    }
  }
}
