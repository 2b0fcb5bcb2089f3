// Examples of the pages of owners about documents, limits and the configuration.
import type { Examples } from '../page-examples.ts'
import { NONE, PAGER, RANGES } from './admin-server.ts'
import { frame } from './admin.ts'

export const adminDocumentPages: Examples = {
  'admin-documents': {
    view: 'admin/documents',
    data: {
      ...frame('Documents'),
      problem: 'there is no folder /srv/docs. Create it, or set DOCS_DIR to the folder of your documents',
      facts: [
        { label: 'Folder', value: '/srv/docs' },
        { label: 'Documents', value: '412' },
        { label: 'Left out', value: '14' }
      ],
      endings: [
        { ending: '.md', count: '400', bar: 100 },
        { ending: 'Without an ending', count: '12', bar: 3 }
      ],
      newest: [
        {
          id: 'bread/sourdough.md',
          at: 'Nov 28, 2026, 08:12 AM UTC',
          href: '/documents/bread/sourdough.md'
        }
      ],
      reasons: [
        { kind: 'too large', count: '12' },
        { kind: 'password', count: '2' }
      ],
      leftOut: [
        { id: 'finance/salaries.xlsx', reason: 'it is protected by a password' }
      ],
      pager: PAGER
    }
  },
  'admin-documents-empty': {
    view: 'admin/documents',
    data: {
      ...frame('Documents'),
      facts: [{ label: 'Documents', value: '0' }],
      endings: [],
      newest: [],
      reasons: [],
      leftOut: [],
      pager: NONE
    }
  },
  'admin-limits': {
    view: 'admin/limits',
    data: {
      ...frame('Limits'),
      ranges: RANGES,
      isOff: true,
      refusedCalls: 3,
      toolsUrl: '/admin/tools?by=people',
      limits: [
        {
          name: 'sign-in',
          meaning: 'Sign-ins that one address tries in a minute',
          value: '10',
          hits: '4',
          lastAt: 'Nov 28, 2026, 08:12 AM UTC',
          isHit: true
        },
        {
          name: 'refresh',
          meaning: 'Renewals of one connection in a minute',
          value: 'fixed',
          hits: '0',
          lastAt: '–',
          isHit: false
        }
      ],
      hits: [
        {
          limit: 'sign-in',
          address: '203.0.113.7',
          hits: '3',
          lastAt: 'Nov 28, 2026, 08:12 AM UTC'
        },
        {
          limit: 'messages-per-user',
          address: '–',
          person: { name: 'Ada Lovelace', href: '/admin/person?person=a' },
          hits: '1',
          lastAt: 'Nov 28, 2026, 08:12 AM UTC'
        }
      ],
      pager: PAGER
    }
  },
  'admin-limits-none': {
    view: 'admin/limits',
    data: {
      ...frame('Limits'),
      ranges: RANGES,
      isOff: false,
      refusedCalls: 0,
      toolsUrl: '/admin/tools',
      limits: [],
      hits: [],
      pager: NONE
    }
  },
  'admin-server': {
    view: 'admin/server',
    data: {
      ...frame('Server'),
      facts: [
        { label: 'Version', value: '0.3.0' },
        { label: 'Storage', value: 'SQLite in ./data' },
        { label: 'Mail', value: 'Off' }
      ],
      hints: ['No mail is sent. Set SMTP_URL and MAIL_FROM.'],
      settings: [
        {
          name: 'PUBLIC_URL',
          value: 'https://mcp.example.com',
          isSecret: false,
          isSet: true
        },
        { name: 'SECRET_KEY', value: '', isSecret: true, isSet: true },
        { name: 'SMTP_URL', value: '', isSecret: false, isSet: false }
      ]
    }
  }
}
