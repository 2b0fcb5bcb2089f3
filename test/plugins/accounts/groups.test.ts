// The groups a person is in: by the methods that are in use, and by the operator.
import t from 'tap'
import {
  boundedGroups,
  createGroupNotices,
  groupsOf,
  isGroupName,
  membershipsOf
} from '../../../plugins/accounts/groups.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'

const ann: User = {
  id: 'ann',
  identities: [
    { backend: 'oidc', subject: 'a', groups: ['staff', 'crm'] },
    { backend: 'supabase', subject: 'b', groups: ['staff', 'beta'] },
    { backend: 'local', subject: 'c' }
  ],
  backend: 'oidc',
  groups: ['finance', 'crm'],
  createdAt: 0,
  lastSignInAt: 0
}

t.test('groups of every method in use and of the operator add up, each once', async (t) => {
  t.same(
    groupsOf(ann, new Set(['oidc', 'supabase', 'local'])), ['beta', 'crm', 'finance', 'staff']
  )
  t.same(membershipsOf(ann, new Set(['oidc'])), [
    { group: 'staff', backend: 'oidc' },
    { group: 'crm', backend: 'oidc' },
    { group: 'finance' },
    { group: 'crm' }
  ])
})

t.test('groups of a method that is no longer in use do not count', async (t) => {
  t.same(groupsOf(ann, new Set(['local'])), ['crm', 'finance'])
  const { groups: _, ...without } = ann
  t.same(groupsOf(without, new Set()), [])
})

t.test('of groups without end 500 are kept, of names without end none, and the operator reads of it once', async (t) => {
  const many = Array.from({ length: 600 }, (_, index) => `group ${index}`)
  t.same(boundedGroups(many), many.slice(0, 500))
  t.same(
    boundedGroups(['a', 'a', '', ' ', 'x'.repeat(201), 'x'.repeat(200)]), ['a', 'x'.repeat(200)]
  )
  t.same(['', ' ', 'x'.repeat(201), 'finance'].map(isGroupName), [false, false, false, true])
  const warned: string[] = []
  const note = createGroupNotices({ warn: (message) => warned.push(message) })
  note('oidc', ['a', 'a'])
  note('oidc')
  t.same(warned, [])
  note('oidc', many)
  note('oidc', many)
  note('supabase', ['x'.repeat(201)])
  t.match(warned, [/^oidc names more groups/, /^supabase names more groups/])
  t.equal(warned.length, 2)
})

t.test('of a hundred thousand names the first five thousand are looked at (BW-33)', async (t) => {
  const names = Array.from({ length: 100_000 }, () => ' ')
  t.same(boundedGroups(names.with(4_999, 'staff').with(5_000, 'late')), ['staff'])
  const lines: string[] = []
  createGroupNotices({ warn: (line) => lines.push(line) })('oidc', Array.from({ length: 5_001 }, () => 'staff'))
  t.equal(lines.length, 1)
})
