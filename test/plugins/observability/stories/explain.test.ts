// Every code with which an attempt to connect can fail has an explanation and advice.
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { eventNames } from '../../../../plugins/observability/audit/contract.ts'
import { isStep } from '../../../../plugins/observability/stories/assemble.ts'
import { explain, explainSilence, findReason } from '../../../../plugins/observability/stories/explain.ts'
import { reasonOf } from '../../../../plugins/observability/stories/outcome.ts'
import { wordsOf, languages } from '../../../../languages/index.ts'
import messages from '../../../../languages/en/connections.json' with { type: 'json' }
import { readSources } from '../../../helpers/sources.ts'
import { event } from './events.ts'

/** Where an attempt to connect passes. */
const WAY =
  /^(?:errors\.ts|routes\/(?:authorize|token)\/|routes\/(?:register|login|login-steps|login-[a-z]+|signup)\.ts|plugins\/(?:oauth|sign-in|accounts|second-factors)\/|auth-backends\/|plugins\/origin\.ts)/
/**
 * Refusals that end no attempt: of pages about accounts, of a tool call, and of what is sent
 * to a page that is not there.
 */
const ELSEWHERE = new Set([
  // How somebody signed in.
  'passkey',
  'email',
  'too_many_connections',
  'not_found',
  'insufficient_scope',
  'unauthorized',
  'present password',
  'way added',
  'way removed',
  'password',
  'address',
  'time',
  'used',
  'lost',
  'all',
  'not me'
])
const CODES = [
  /\.because\('(\w+)'\)/g,
  /new OAuthError\(\s*'(\w+)'/g,
  /= refusal\('(\w+)'/g,
  /\breason: '([\w ]+)'/g,
  /\breject\(request, \w+, '(\w+)'/g,
  /'(document_\w+|code_(?!challenge|verifier)\w+)'/g
]

t.test('every code that the endpoints of a connection use is explained', async (t) => {
  const sources = (await readSources()).filter(({ file }) => WAY.test(file))
  t.ok(sources.length > 60)
  const used = new Map<string, string>()
  for (const { file, text } of sources) {
    for (const pattern of CODES) for (const [, code] of text.matchAll(pattern)) used.set(code!, file)
  }
  const some = [
    'redirect_uri',
    'pkce',
    'invalid_grant',
    'credentials',
    'slow',
    'locked',
    'document_mismatch'
  ]
  for (const known of some) {
    t.ok(used.has(known), `${known} is found`)
  }
  t.same([...used].filter(([code]) => !ELSEWHERE.has(code) && findReason(code) === undefined), [])
})

t.test('every code that docs/errors.md lists for people and apps is explained', async (t) => {
  const text = await readFile(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')
  const codes = [...text.split('## At the MCP endpoint')[0]!.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code!)
  t.ok(codes.length > 20)
  t.same(codes.filter((code) => !ELSEWHERE.has(code) && findReason(code) === undefined), [])
})

t.test('every step has words, and every explanation leads to advice, in each language', async (t) => {
  for (const name of eventNames.filter(isStep)) {
    t.ok(`step_${name}` in messages, name)
    const code = reasonOf(event(0, 'a', name))
    const { means, todo } = code === undefined ? explainSilence(name) : explain(code)
    for (const language of languages) {
      t.match(wordsOf(language).text(means), /\S{3}/)
      t.match(wordsOf(language).text(todo), /\S{3}/)
    }
  }
  t.same(explain('never heard of'), explain('other'))
  t.same(explain('constructor'), explain('other'))
})
