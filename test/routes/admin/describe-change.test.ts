// What an existing server has changed, in words, and never with its secrets.
import t from 'tap'
import { english } from '../../../languages/index.ts'
import { describeChange } from '../../../routes/admin/describe-change.ts'

t.test('a change names the tool, has both texts, and hides secrets that a server repeats (AS-01)', async (t) => {
  const change = {
    at: 1_700_000_000,
    upstream: 'crm',
    tool: 'find',
    what: 'description' as const,
    before: 'Finds.',
    after: 'Finds with hunter2-secret.\u001b[2J'
  }
  t.match(describeChange(english, change, ['hunter2-secret']), {
    server: 'crm',
    what: 'Description of find',
    needsLess: false,
    before: 'Finds.',
    after: 'Finds with [secret]. [2J'
  })
  t.match(describeChange(english, { at: 1, upstream: 'crm', what: 'instructions' }, []), { what: 'Instructions of the server' })
})
