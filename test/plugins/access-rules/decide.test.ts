// What is explained is what is decided: over rules of every form, for callers of every kind.
import t from 'tap'
import type { Principal, RuleFile } from '../../../plugins/access-rules/contract.ts'
import { evaluate } from '../../../plugins/access-rules/rights.ts'
import fc from '../../helpers/fast-check.ts'

const ENTRIES = ['everyone', 'finance', 'staff', 'ann@example.com', '@example.com']
const NAMES = ['crm_read', 'crm_write', 'search', 'finance/2026.md', 'finance/a/b.md', 'handbook.md']
const PATTERNS = [...NAMES, '*', '**', 'crm_*', 'finance/**', 'finance/*', '**/*.md'].flatMap((pattern) => [pattern, `!${pattern}`])

const list = fc.option(fc.array(fc.constantFrom(...PATTERNS), { maxLength: 4 }), { nil: undefined })
const rule = fc.record({
  who: fc.uniqueArray(fc.constantFrom(...ENTRIES), { minLength: 1, maxLength: 3 }),
  tools: list,
  prompts: list,
  resources: list,
  upstreams: fc.option(fc.array(fc.constantFrom('crm', '!crm', 'files', '!files', '*', '!*'), { maxLength: 3 }), { nil: undefined }),
  documents: list
})
const files: fc.Arbitrary<RuleFile> = fc.record({
  groups: fc.record({ finance: fc.constantFrom([], ['ann@example.com'], ['@example.com']), staff: fc.constant([]) }),
  rules: fc.array(rule, { maxLength: 6 })
})
const callers: fc.Arbitrary<Principal | null> = fc.option(
  fc.record({
    email: fc.constantFrom(undefined, 'ann@example.com', 'Bob@Example.com', 'eve@other.example'),
    groups: fc.subarray(['finance', 'staff', 'ann@example.com', 'everyone'])
  }),
  { nil: null }
)

t.test('an explanation equals the decision, and names a rule that is for the caller', async (t) => {
  fc.assert(
    fc.property(files, callers, fc.subarray(NAMES, { minLength: 1, maxLength: 2 }), (file, caller, names) => {
      const rules = evaluate(file, '1')
      const rights = rules.rightsOf(caller)
      const entries = rules.entriesOf(caller)
      const isForCaller = (rule: number) => file.rules[rule]!.who.some((who) => entries.includes(who))
      for (const kind of ['tools', 'prompts', 'resources'] as const) {
        const { may, rule } = rules.explainOf(caller, 'crm', kind, ...names)
        if (may !== rights.mayOf('crm', kind, ...names)) return false
        if (rule === undefined ? may : !isForCaller(rule)) return false
      }
      if (rules.explain(caller, 'upstreams', 'crm').may !== rights.may('upstreams', 'crm')) return false
      for (const kind of ['tools', 'prompts', 'resources', 'documents'] as const) {
        const asked = kind === 'documents' ? names.slice(0, 1) : names
        const { may, rule } = rules.explain(caller, kind, ...asked)
        const decided = kind === 'documents' ? rights.documents.may(asked[0]!) : rights.may(kind, ...asked)
        if (may !== decided) return false
        if (kind === 'documents' && rights.documents.sees(rules.audienceOf(asked[0]!)) !== may) return false
        if (may && rule === undefined) return false
        if (rule !== undefined && !isForCaller(rule)) return false
      }
      return true
    })
  )
  t.pass()
})

t.test('the rule that is named is the one that gives, or else the one that takes', async (t) => {
  const { explain } = evaluate(
    {
      groups: { finance: [] },
      rules: [
        { who: ['everyone'], tools: ['search', 'crm_*', '!crm_delete'], documents: ['**', '!finance/**'] },
        { who: ['finance'], tools: ['crm_delete'], documents: ['finance/**'] },
        { who: ['@example.com'], tools: ['!search'] }
      ]
    },
    '1'
  )
  const bob = { email: 'bob@example.com' }
  const finance = { groups: ['finance'] }
  t.same(explain(null, 'tools', 'search'), { may: true, rule: 0 })
  t.same(explain(bob, 'tools', 'search'), { may: false, rule: 2 }, 'a list of only ! takes it away')
  t.same(explain(null, 'tools', 'crm_delete'), { may: false, rule: 0 }, 'left out of the list that would give it')
  t.same(explain(finance, 'tools', 'crm_delete'), { may: true, rule: 1 })
  t.same(explain(finance, 'documents', 'finance/2026.md'), { may: true, rule: 1 })
  t.same(explain(null, 'tools', 'database_query'), { may: false }, 'no rule speaks of it')
  t.same(explain(finance, 'prompts', 'summary'), { may: false })
})
